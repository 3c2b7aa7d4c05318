package io.contrast4j.checkpoint;

import java.util.OptionalInt;

/**
 * A part of a file.
 *
 * @param name to call it by in messages
 * @param begin its first byte
 * @param size in bytes
 * @param crc its CRC-32, if the file has one
 */
record Extent(String name, long begin, long size, OptionalInt crc) {}
