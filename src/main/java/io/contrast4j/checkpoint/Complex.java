package io.contrast4j.checkpoint;

/** A Python complex number. Only read. */
public record Complex(double real, double imaginary) {}
