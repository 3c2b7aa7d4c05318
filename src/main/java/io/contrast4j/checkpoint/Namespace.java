package io.contrast4j.checkpoint;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An {@code argparse.Namespace}: the options a Python program was called with, in their order. Only read. */
public record Namespace(Map<String, @Nullable Object> attributes) {}
