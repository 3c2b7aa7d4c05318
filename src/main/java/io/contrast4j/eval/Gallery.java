package io.contrast4j.eval;

import io.contrast4j.spec.Problems;
import java.util.List;

/**
 * What there is to see of frozen features: some test pictures as points of a plane, and for a few of them the training
 * pictures whose features are most similar.
 *
 * @param tap the layer whose output is the feature
 * @param known among how many training pictures neighbours were looked for
 * @param explained the shares of the features' variance along x and y, 0 to 1
 * @param classes their names; a label is a position in this list
 * @param points the test pictures
 * @param queries some of them, with their neighbours
 */
public record Gallery(
        String tap, int known, List<Double> explained, List<String> classes, List<Point> points, List<Query> queries) {
    public Gallery {
        explained = List.copyOf(explained);
        classes = List.copyOf(classes);
        points = List.copyOf(points);
        queries = List.copyOf(queries);
    }

    /**
     * @param pictures test pictures on the plane; 0 for no gallery at all
     * @param known training pictures among which neighbours are looked for
     * @param queries test pictures whose neighbours are shown
     */
    public record Config(int pictures, int known, int queries) {
        public Config {
            new Problems()
                    .between("pictures", pictures, 0, 4096)
                    .between("known", known, 1, 65536)
                    .between("queries", queries, 0, 256)
                    .raise();
        }
    }

    /**
     * A picture as it is shown.
     *
     * @param name what the data set calls it
     * @param label of its class
     * @param image a {@code data:} address; empty if the picture cannot be read
     */
    public record Picture(String name, int label, String image) {}

    /** A test picture at its place in the plane. */
    public record Point(double x, double y, Picture picture) {}

    /** A training picture with the cosine of the angle between its feature and that of the query. */
    public record Neighbour(double similarity, Picture picture) {}

    /** A test picture and the training pictures that are most similar to it, the most similar first. */
    public record Query(Picture picture, List<Neighbour> nearest) {
        public Query {
            nearest = List.copyOf(nearest);
        }
    }
}
