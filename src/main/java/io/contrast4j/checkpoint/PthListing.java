package io.contrast4j.checkpoint;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is in a file, without the tensors' elements.
 *
 * @param tree as {@link PthFile#read}, with {@link TensorInfo}s in the places of tensors
 * @param container {@code zip}, or {@code legacy} for the format before PyTorch 1.6
 * @param fileSize in bytes
 * @param storages what the tensors are views on
 */
public record PthListing(@Nullable Object tree, String container, long fileSize, List<StorageInfo> storages) {}
