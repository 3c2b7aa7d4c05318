package io.contrast4j.tensor;

import org.bytedeco.openblas.global.openblas_nolapack;

/**
 * LibTorch computes in OpenMP's threads. OpenBLAS would bring threads of its own, and both would wait for the same cores:
 * everything takes up to twice as long then. The launcher says so by the environment variable {@value #VARIABLE}; a program
 * that uses contrast4j as a library may have been started without it.
 */
public final class BlasThreads {
    private static final String VARIABLE = "OPENBLAS_NUM_THREADS";

    private BlasThreads() {}

    /** Leaves OpenBLAS one thread, that of its caller, unless the environment says how many it has. */
    public static void limit() {
        if (System.getenv(VARIABLE) == null) {
            openblas_nolapack.blas_set_num_threads(1);
        }
    }
}
