package io.contrast4j.site;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Places for the nodes of a graph without cycles, by the method of Sugiyama, Tagawa and Toda (1981): each node in a layer above
 * all that it uses, long arrows led through the layers between by joints, neighbours ordered so that few arrows cross, and
 * moved to below what leads to them. Everything in it is the same in every run.
 */
final class LayeredLayout {
    private static final int SWEEPS = 24;

    /** A node, or a joint of an arrow, which has no name. */
    static final class Place {
        final String name;
        final int layer;
        final List<Place> above = new ArrayList<>();
        final List<Place> below = new ArrayList<>();
        /** The middle, in the unit of the widths. */
        double x;

        private Place(String name, int layer) {
            this.name = name;
            this.layer = layer;
        }

        boolean isJoint() {
            return name.isEmpty();
        }
    }

    /** From the lowest up; each from left to right. */
    private final List<List<Place>> layers = new ArrayList<>();

    private final double width;
    private final double jointWidth;

    /**
     * @param uses what each node uses
     * @param width of a node with the gap beside it
     * @param jointWidth what an arrow needs between two nodes
     */
    LayeredLayout(SortedMap<String, SortedSet<String>> uses, double width, double jointWidth) {
        this.width = width;
        this.jointWidth = jointWidth;
        SortedMap<String, SortedSet<String>> arrows = reduced(uses);
        SortedMap<String, Place> places = new TreeMap<>();
        arrows.keySet().forEach(name -> places.put(name, new Place(name, height(name, arrows))));
        places.values().forEach(this::add);
        arrows.forEach((user, used) -> used.forEach(name -> join(places.get(user), places.get(name))));
        order();
        move();
    }

    List<List<Place>> layers() {
        return layers;
    }

    /** Without what follows from other arrows: where a uses b and b uses c, that a uses c too is not drawn. */
    static SortedMap<String, SortedSet<String>> reduced(Map<String, ? extends Set<String>> uses) {
        SortedMap<String, SortedSet<String>> reduced = new TreeMap<>();
        uses.forEach((user, used) -> {
            SortedSet<String> direct = new TreeSet<>(used);
            used.forEach(other -> direct.removeAll(all(other, uses)));
            reduced.put(user, direct);
        });
        return reduced;
    }

    private static Set<String> all(String user, Map<String, ? extends Set<String>> uses) {
        Set<String> all = new TreeSet<>();
        for (String used : uses.get(user)) {
            all.add(used);
            all.addAll(all(used, uses));
        }
        return all;
    }

    private static int height(String name, SortedMap<String, SortedSet<String>> arrows) {
        return arrows.get(name).stream()
                .mapToInt(used -> height(used, arrows) + 1)
                .max()
                .orElse(0);
    }

    private void add(Place place) {
        while (layers.size() <= place.layer) {
            layers.add(new ArrayList<>());
        }
        layers.get(place.layer).add(place);
    }

    private void join(Place user, Place used) {
        Place from = user;
        for (int layer = user.layer - 1; layer > used.layer; layer--) {
            Place joint = new Place("", layer);
            add(joint);
            connect(from, joint);
            from = joint;
        }
        connect(from, used);
    }

    private static void connect(Place upper, Place lower) {
        upper.below.add(lower);
        lower.above.add(upper);
    }

    /** Each layer by the means of its neighbours above, then below, again and again; the best of all orders is kept. */
    private void order() {
        List<List<Place>> best = copy();
        int fewest = crossings();
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
            boolean down = sweep % 2 == 0;
            for (int i = 1; i < layers.size(); i++) {
                List<Place> fixed = layers.get(down ? layers.size() - i : i - 1);
                List<Place> layer = layers.get(down ? layers.size() - i - 1 : i);
                Map<Place, Double> wanted = new IdentityHashMap<>();
                for (Place place : layer) {
                    List<Place> neighbours = down ? place.above : place.below;
                    double own = layer.indexOf(place) * (double) fixed.size() / layer.size();
                    wanted.put(
                            place,
                            neighbours.stream()
                                    .mapToInt(fixed::indexOf)
                                    .average()
                                    .orElse(own));
                }
                layer.sort(Comparator.comparing(wanted::get));
                swap(layer);
            }
            int crossings = crossings();
            if (crossings < fewest) {
                fewest = crossings;
                best = copy();
            }
        }
        Collections.copy(layers, best);
    }

    /** Exchanges neighbours as long as that saves crossings. */
    private void swap(List<Place> layer) {
        int fewest = crossings();
        boolean better = true;
        while (better) {
            better = false;
            for (int i = 1; i < layer.size(); i++) {
                Collections.swap(layer, i - 1, i);
                int crossings = crossings();
                if (crossings < fewest) {
                    fewest = crossings;
                    better = true;
                } else {
                    Collections.swap(layer, i - 1, i);
                }
            }
        }
    }

    private List<List<Place>> copy() {
        List<List<Place>> copy = new ArrayList<>();
        layers.forEach(layer -> copy.add(new ArrayList<>(layer)));
        return copy;
    }

    int crossings() {
        int crossings = 0;
        for (int i = 1; i < layers.size(); i++) {
            List<Place> lower = layers.get(i - 1);
            List<int[]> arrows = new ArrayList<>();
            for (int from = 0; from < layers.get(i).size(); from++) {
                for (Place place : layers.get(i).get(from).below) {
                    arrows.add(new int[] {from, lower.indexOf(place)});
                }
            }
            for (int[] a : arrows) {
                for (int[] b : arrows) {
                    crossings += a[0] < b[0] && a[1] > b[1] ? 1 : 0;
                }
            }
        }
        return crossings;
    }

    /** Moves each place towards the mean of its neighbours, as far as those in its layer leave room. */
    private void move() {
        for (List<Place> layer : layers) {
            double x = 0;
            for (int i = 0; i < layer.size(); i++) {
                x += i == 0 ? 0 : gap(layer.get(i - 1), layer.get(i));
                layer.get(i).x = x;
            }
        }
        for (int sweep = 0; sweep < 4 * SWEEPS; sweep++) {
            for (int i = 0; i < layers.size(); i++) {
                settle(layers.get(sweep % 2 == 0 ? layers.size() - 1 - i : i));
            }
        }
        double left = layers.stream()
                .flatMap(List::stream)
                .mapToDouble(place -> place.x - (place.isJoint() ? jointWidth : width) / 2)
                .min()
                .orElse(0);
        layers.forEach(layer -> layer.forEach(place -> place.x -= left));
    }

    private double gap(Place left, Place right) {
        return ((left.isJoint() ? jointWidth : width) + (right.isJoint() ? jointWidth : width)) / 2;
    }

    /**
     * The places of a layer that are nearest to where they are wanted, in their order and with their gaps: a regression on an
     * increasing function, by pooling neighbours that would overlap.
     */
    private void settle(List<Place> layer) {
        double[] offset = new double[layer.size()];
        double[] mean = new double[layer.size()];
        double[] weight = new double[layer.size()];
        int[] first = new int[layer.size()];
        int pools = 0;
        for (int i = 0; i < layer.size(); i++) {
            Place place = layer.get(i);
            offset[i] = i == 0 ? 0 : offset[i - 1] + gap(layer.get(i - 1), place);
            double sum = 0;
            double share = 0;
            for (List<Place> side : List.of(place.above, place.below)) {
                for (Place neighbour : side) {
                    // Arrows are straight rather between joints.
                    double pull = place.isJoint() && neighbour.isJoint() ? 8 : place.isJoint() ? 2 : 1;
                    sum += pull * neighbour.x;
                    share += pull;
                }
            }
            mean[pools] = (share == 0 ? place.x : sum / share) - offset[i];
            weight[pools] = Math.max(share, 0.1);
            first[pools++] = i;
            while (pools > 1 && mean[pools - 2] >= mean[pools - 1]) {
                double both = weight[pools - 2] + weight[pools - 1];
                mean[pools - 2] = (mean[pools - 2] * weight[pools - 2] + mean[pools - 1] * weight[pools - 1]) / both;
                weight[pools - 2] = both;
                pools--;
            }
        }
        for (int pool = 0; pool < pools; pool++) {
            int end = pool + 1 < pools ? first[pool + 1] : layer.size();
            for (int i = first[pool]; i < end; i++) {
                layer.get(i).x = mean[pool] + offset[i];
            }
        }
    }
}
