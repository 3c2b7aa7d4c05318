package io.contrast4j.checkpoint;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An {@code argparse.Namespace}: the options a Python program was called with, in their order. Python's {@code
 * torch.load(file, weights_only=True)} refuses a file with one; the scripts of CMC and SelfCon expect one.
 */
public record Namespace(Map<String, @Nullable Object> attributes) {}
