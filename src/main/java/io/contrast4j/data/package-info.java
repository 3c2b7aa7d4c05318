/**
 * From pictures on disk to batches of tensors.
 *
 * <p>A {@link io.contrast4j.data.Dataset} gives a {@link io.contrast4j.data.Sample} for an index: {@link
 * io.contrast4j.data.ImageFolder} reads a folder per class, {@link io.contrast4j.data.Manifest} the files a table names,
 * {@link io.contrast4j.data.Packed} a single file that {@link io.contrast4j.data.PackWriter} wrote; {@link
 * io.contrast4j.data.Cifar10}, {@link io.contrast4j.data.Cifar100}, {@link io.contrast4j.data.Stl10}, {@link
 * io.contrast4j.data.TinyImageNet} and {@link io.contrast4j.data.Idx} read what is published as it is published; {@link
 * io.contrast4j.data.PhotoCrops} needs no files at all.
 * {@link io.contrast4j.data.Views} turn the picture of a sample into what the encoders see, for CMC the two channel
 * groups of {@link io.contrast4j.data.ColorSplit}. A {@link io.contrast4j.data.BatchLoader} does this for all samples of
 * an epoch, in threads, in the order of an {@link io.contrast4j.data.EpochOrder}, and delivers a {@link
 * io.contrast4j.data.Batch} at a time.
 *
 * <p>Before that, data sets have to be got and looked at: a {@link io.contrast4j.data.Download} fetches the files of an
 * {@link io.contrast4j.data.Archive}, {@link io.contrast4j.data.Unpacking} takes them apart, a {@link
 * io.contrast4j.data.ClassSubset} is an image folder with some of the classes of another one, and an {@link
 * io.contrast4j.data.Inspection} says what a data set is made of.
 *
 * <p>What is in a batch depends on the seed, the epoch and the samples, never on the number of threads: every random
 * number is drawn from a generator made for one sample in one epoch.
 */
@NullMarked
package io.contrast4j.data;

import org.jspecify.annotations.NullMarked;
