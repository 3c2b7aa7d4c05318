package io.contrast4j.image;

/**
 * A picture as a PNG file in memory.
 *
 * @param bytes of the file; not copied
 */
@SuppressWarnings("ArrayRecordComponent") // Handed on once, and never compared.
public record Png(int width, int height, byte[] bytes) {}
