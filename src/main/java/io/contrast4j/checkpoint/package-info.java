/**
 * Files that hold tensors.
 *
 * <p>{@link io.contrast4j.checkpoint.CheckpointStore} is the folder of a run's checkpoints, where a crash or a full disk
 * never costs more than the checkpoint that was being written; a {@link io.contrast4j.checkpoint.CheckpointWriter} writes
 * {@link io.contrast4j.checkpoint.Snapshot}s to it on a thread of its own. What it writes is a {@link
 * io.contrast4j.checkpoint.PthFile}, the format of PyTorch: a tree of plain values, which Python opens too. {@link
 * io.contrast4j.checkpoint.SafeTensors} holds named tensors and nothing else. A {@link
 * io.contrast4j.checkpoint.PickleFile} is a data set that is published as a pickle.
 *
 * <p>Reading goes through these, from the outside in: {@code PthReader} opens a file; a {@code Container}, of which there
 * are two, knows where its pickle and its storages are; the {@code Unpickler} makes values of the pickle and executes
 * nothing; {@code PickleGlobals} is the list of names it may meet; {@code TreeBounds} sees that the result can be walked
 * through; {@code StorageLoader} copies the elements. A {@link io.contrast4j.checkpoint.PthListing} is the same tree with
 * a {@link io.contrast4j.checkpoint.TensorInfo} in the place of each tensor.
 *
 * <p>What the keys mean is data: a {@link io.contrast4j.checkpoint.Source} describes the checkpoints of one program, a
 * {@link io.contrast4j.checkpoint.Recognized} is a checkpoint whose source was found, a {@link
 * io.contrast4j.checkpoint.Conversion} makes another program's of it, and {@link io.contrast4j.checkpoint.Pretrained}
 * puts it into a network.
 */
@NullMarked
package io.contrast4j.checkpoint;

import org.jspecify.annotations.NullMarked;
