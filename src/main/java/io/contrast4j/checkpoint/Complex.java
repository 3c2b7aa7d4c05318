package io.contrast4j.checkpoint;

/** A Python complex number. */
public record Complex(double real, double imaginary) {}
