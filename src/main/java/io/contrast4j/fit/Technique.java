package io.contrast4j.fit;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What {@code init} can write a run of, by the name of its paper. */
public enum Technique {
    /** MoCo v2 (arXiv:2003.04297). */
    MOCO("MoCo v2, two crops of a picture against a queue of earlier ones: needs no labels and no large batches"),
    /** Align-uniform (arXiv:2005.10242). */
    ALIGN_UNIFORM("Align-uniform, two crops near each other and all features spread evenly: without negatives"),
    /** SimCLR (arXiv:2002.05709). */
    SIMCLR("SimCLR, two crops of a picture against the other pictures of the batch, which is larger for that"),
    /** SupCon (arXiv:2004.11362). */
    SUPCON("SupCon, the pictures of a class against the others of the batch: learns from the labels"),
    /** Instance discrimination (arXiv:1805.01978). */
    INSDIS("InsDis, a crop against the memory of all pictures"),
    /** Contrastive multiview coding (arXiv:1906.05849). */
    CMC("CMC, the luminance of a crop against its colours, with a network for each");

    private final String about;

    Technique(String about) {
        this.about = about;
    }

    /** What it is, for a comment. */
    String about() {
        return about;
    }

    /** How the command line calls it. */
    public String title() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The one that the command line calls so. */
    public static Optional<Technique> of(String title) {
        return Arrays.stream(values()).filter(one -> one.title().equals(title)).findFirst();
    }

    /** Whether a batch is contrasted with itself only. */
    boolean isInBatch() {
        return this == SIMCLR || this == SUPCON || this == ALIGN_UNIFORM;
    }

    /** Whether it has a memory of all pictures. */
    boolean hasBank() {
        return this == INSDIS || this == CMC;
    }
}
