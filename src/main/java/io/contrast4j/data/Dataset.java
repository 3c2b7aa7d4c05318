package io.contrast4j.data;

import java.io.IOException;
import java.util.List;

/** Pictures with fixed indices, most of them labelled. Safe to read from several threads. */
public interface Dataset {
    /** The number of samples. */
    int size();

    /** The names of the classes; a label is a position in this list. */
    List<String> classes();

    /** The label of a sample, without reading its picture; {@link Sample#UNLABELLED} if it has none. */
    int label(int index);

    /**
     * Reads a sample. The picture belongs to the caller's scope.
     *
     * @param index 0 … size − 1
     * @throws IOException if the picture cannot be read, or only in part; the message names it and the reason
     */
    Sample read(int index) throws IOException;

    /** What a message calls this sample: its file, or where it comes from. */
    String describe(int index);

    /** Where the samples are; {@code type} in a configuration says which one. */
    sealed interface Config
            permits ImageFolder.Config,
                    PhotoCrops.Config,
                    Cifar10.Config,
                    Cifar100.Config,
                    Stl10.Config,
                    TinyImageNet.Config,
                    Idx.Config,
                    Manifest.Config,
                    Packed.Config {
        /**
         * The samples to learn from.
         *
         * @throws io.contrast4j.spec.UserError if they are not there or not usable
         */
        Dataset openTrain();

        /**
         * The samples to test on, of the same classes.
         *
         * @throws io.contrast4j.spec.UserError if they are not there or not usable, or if their classes are others
         */
        Dataset openTest();

        /**
         * The samples to judge features with before they are tested: all labelled, of the same classes. Where the samples
         * to learn from are labelled these are they.
         *
         * @param train what {@link #openTrain()} gave
         * @throws io.contrast4j.spec.UserError if they are not there or not usable
         */
        default Dataset openLabelled(Dataset train) {
            return train;
        }
    }
}
