package io.contrast4j.data;

/** Where training pictures become views. */
public enum AugmentOn {
    /** In the loader's threads. */
    CPU,
    /** On the device that trains, in operations on whole batches; see {@link DeferredViews}. */
    DEVICE
}
