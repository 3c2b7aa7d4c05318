package io.contrast4j.image;

import org.bytedeco.javacpp.Loader;
import org.bytedeco.opencv.global.opencv_core;

/** Settings of the native library that hold for the whole process. */
final class OpenCv {
    static {
        Loader.load(opencv_core.class);
        // Loader threads work on whole samples side by side; threads inside one operation would only get in their way.
        opencv_core.setNumThreads(1);
    }

    private OpenCv() {}

    /** Loads the library and makes the settings, the first time it is called. */
    static void prepare() {}
}
