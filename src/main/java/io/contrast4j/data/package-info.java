/**
 * From pictures on disk to batches of tensors.
 *
 * <p>A {@link io.contrast4j.data.Dataset} gives a {@link io.contrast4j.data.Sample} for an index: {@link
 * io.contrast4j.data.ImageFolder} reads a folder per class, {@link io.contrast4j.data.Manifest} the files a table names,
 * {@link io.contrast4j.data.Packed} a single file that {@link io.contrast4j.data.PackWriter} wrote; {@link
 * io.contrast4j.data.Cifar10}, {@link io.contrast4j.data.Cifar100}, {@link io.contrast4j.data.Stl10}, {@link
 * io.contrast4j.data.TinyImageNet} and {@link io.contrast4j.data.Idx} read what is published as it is published; {@link
 * io.contrast4j.data.PhotoCrops} needs no files at all.
 * {@link io.contrast4j.data.Views} turn the picture of a sample into what the encoders see, {@link
 * io.contrast4j.data.CropViews} into crops whose channels are dealt out; a {@link io.contrast4j.data.Mixture} may blend in
 * other pictures. A {@link io.contrast4j.data.BatchLoader} does this for all samples of
 * an epoch, in threads, in the order of an {@link io.contrast4j.data.EpochOrder}, and delivers a {@link
 * io.contrast4j.data.Batch} at a time.
 *
 * <p>What is in a batch depends on the seed, the epoch and the samples, never on the number of threads: every random
 * number is drawn from a generator made for one sample in one epoch.
 */
@NullMarked
package io.contrast4j.data;

import org.jspecify.annotations.NullMarked;
