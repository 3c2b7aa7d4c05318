package io.contrast4j.eval;

import io.contrast4j.data.Dataset;
import io.contrast4j.eval.Gallery.Neighbour;
import io.contrast4j.eval.Gallery.Picture;
import io.contrast4j.eval.Gallery.Point;
import io.contrast4j.eval.Gallery.Query;
import io.contrast4j.image.Thumbnail;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;

/** Makes a {@link Gallery} of some pictures, chosen at even distances. */
final class GalleryMaker {
    private static final int NEIGHBOURS = 5;
    private static final int POINT_SIDE = 48;
    private static final int QUERY_SIDE = 72;

    private final Gallery.Config config;
    private final Dataset train;
    private final Dataset test;

    GalleryMaker(Gallery.Config config, Dataset train, Dataset test) {
        this.config = config;
        this.train = train;
        this.test = test;
    }

    /** Frozen encoders: gives the features of some samples, in their order, owned by the caller. */
    interface Encoding {
        Features of(Dataset dataset, int[] indices);
    }

    /** @param labelled the training pictures that may be used, which have labels */
    Gallery make(Encoding encoding, int[] labelled, String tap) {
        Encoded known = encoded(encoding, train, spread(labelled, config.known()));
        try (known) {
            Encoded asked = encoded(
                    encoding, test, spread(IntStream.range(0, test.size()).toArray(), config.pictures()));
            try (asked) {
                PrincipalPlane plane = plane(asked.features);
                List<Point> points = new ArrayList<>();
                for (int i = 0; i < asked.indices.length; i++) {
                    points.add(new Point(
                            rounded(plane.x()[i]), rounded(plane.y()[i]), picture(test, asked.indices[i], POINT_SIDE)));
                }
                List<Double> explained =
                        Arrays.stream(plane.explained()).boxed().toList();
                return new Gallery(tap, known.indices.length, explained, test.classes(), points, queries(known, asked));
            }
        }
    }

    /** Samples and their features, row by row. */
    private record Encoded(int[] indices, Features features) implements AutoCloseable {
        @Override
        public void close() {
            features.close();
        }
    }

    /** Pictures that cannot be read may be left out by the loader: rows would then belong to others. */
    private static Encoded encoded(Encoding encoding, Dataset dataset, int[] indices) {
        Features features = encoding.of(dataset, indices);
        if (features.values().size(0) == indices.length) {
            return new Encoded(indices, features);
        }
        features.close();
        int[] readable = Arrays.stream(indices)
                .filter(index -> !picture(dataset, index, 1).image().isEmpty())
                .toArray();
        return new Encoded(readable, encoding.of(dataset, readable));
    }

    private static int[] spread(int[] indices, int most) {
        int count = Math.min(most, indices.length);
        return IntStream.range(0, count)
                .map(i -> indices[(int) ((long) i * indices.length / count)])
                .toArray();
    }

    /** Of unit vectors, as everything here compares features by their directions. */
    private static PrincipalPlane plane(Features features) {
        try (Scope scope = Scope.open()) {
            return PrincipalPlane.of(Tensors.unitRows(features.values()));
        }
    }

    private List<Query> queries(Encoded known, Encoded asked) {
        int[] chosen = spread(IntStream.range(0, asked.indices.length).toArray(), config.queries());
        List<Query> queries = new ArrayList<>();
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Tensor rows = Tensors.unitRows(known.features.values());
            Tensor points = Tensors.unitRows(asked.features.values());
            int count = Math.min(NEIGHBOURS, known.indices.length);
            for (int row : chosen) {
                T_TensorTensor_T nearest = rows.matmul(points.select(0, row)).topk(count, 0, true, true);
                double[] similarities = Tensors.doubles(nearest.get0());
                long[] places = Tensors.longs(nearest.get1());
                List<Neighbour> neighbours = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    neighbours.add(new Neighbour(
                            rounded(similarities[i]), picture(train, known.indices[(int) places[i]], QUERY_SIDE)));
                }
                queries.add(new Query(picture(test, asked.indices[row], QUERY_SIDE), neighbours));
            }
        }
        return queries;
    }

    private static Picture picture(Dataset dataset, int index, int side) {
        try (Scope scope = Scope.open()) {
            String image;
            try {
                image = Thumbnail.address(dataset.read(index).rgb(), side);
            } catch (IOException unreadable) {
                image = "";
            }
            return new Picture(dataset.describe(index), dataset.label(index), image);
        }
    }

    /** Four decimals are more than an eye sees, and make the page shorter. */
    private static double rounded(double value) {
        return Math.rint(value * 1e4) / 1e4;
    }
}
