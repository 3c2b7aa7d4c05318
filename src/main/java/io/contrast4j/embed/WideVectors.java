package io.contrast4j.embed;

import java.io.IOException;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.KnnVectorsWriter;
import org.apache.lucene.codecs.lucene912.Lucene912Codec;
import org.apache.lucene.codecs.lucene99.Lucene99HnswVectorsFormat;
import org.apache.lucene.index.SegmentReadState;
import org.apache.lucene.index.SegmentWriteState;

/**
 * Lucene's own graphs of vectors (Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using
 * Hierarchical Navigable Small World graphs", 2016), without its limit of 1,024 dimensions: a ResNet-50 has 2,048. The limit
 * is looked at when vectors are written, and the files are the same, under the same name, so that any Lucene 9 reads them.
 */
final class WideVectors extends KnnVectorsFormat {
    /** More than any layer that is a vector; a vector takes 64 KiB then. */
    static final int MOST = 16_384;

    private static final String NAME = "Lucene99HnswVectorsFormat";
    private static final int LINKS = 16;
    private static final int CANDIDATES = 100;

    private final KnnVectorsFormat format = new Lucene99HnswVectorsFormat(LINKS, CANDIDATES);

    private WideVectors() {
        super(NAME);
    }

    /** Lucene's codec with these vectors. */
    static Lucene912Codec codec() {
        KnnVectorsFormat wide = new WideVectors();
        return new Lucene912Codec() {
            @Override
            public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
                return wide;
            }
        };
    }

    @Override
    public KnnVectorsWriter fieldsWriter(SegmentWriteState state) throws IOException {
        return format.fieldsWriter(state);
    }

    @Override
    public KnnVectorsReader fieldsReader(SegmentReadState state) throws IOException {
        return format.fieldsReader(state);
    }

    @Override
    public int getMaxDimensions(String field) {
        return MOST;
    }
}
