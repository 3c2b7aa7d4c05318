package io.contrast4j.fit;

/**
 * What a run is to be trained on.
 *
 * @param cores of the processor
 * @param memory in bytes that a process may take: of the GPU if there is one
 * @param hasGpu whether there is a GPU that the program can use
 */
public record Machine(int cores, long memory, boolean hasGpu) {}
