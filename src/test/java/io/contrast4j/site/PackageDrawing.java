package io.contrast4j.site;

import io.contrast4j.site.LayeredLayout.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Packages and what they use as an SVG, from those that use others down to those that are used. */
public final class PackageDrawing {
    private static final double NODE = 96;
    private static final double HEIGHT = 32;
    private static final double GAP = 18;
    private static final double JOINT = 22;
    private static final double LAYER = 92;
    private static final double MARGIN = 16;
    private static final double LEGEND = 40;

    private PackageDrawing() {}

    /**
     * @param uses what each package uses
     * @param marked packages in another colour
     * @param legend a line below the drawing
     */
    public static String svg(Map<String, ? extends Set<String>> uses, Set<String> marked, String legend) {
        SortedMap<String, SortedSet<String>> sorted = new TreeMap<>();
        uses.forEach((user, used) -> sorted.put(user, new TreeSet<>(used)));
        List<List<Place>> layers = new LayeredLayout(sorted, NODE + GAP, JOINT).layers();
        double width = layers.stream()
                .flatMap(List::stream)
                .mapToDouble(place -> x(place) + NODE / 2 + MARGIN)
                .max()
                .orElse(MARGIN);
        double height = 2 * MARGIN + (layers.size() - 1) * LAYER + HEIGHT + LEGEND;
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\""
                        + " font-family=\"system-ui, sans-serif\" font-size=\"14\" text-anchor=\"middle\">",
                width,
                height,
                width,
                height));
        lines.add("""
                <style>
                  .page { fill: #ffffff } .node { fill: #f1f3f6; stroke: #9aa3b2 } .marked { fill: #dbe7ff; stroke: #2456c9 }
                  text { fill: #1c1d21 } .arrow { fill: none; stroke: #6b7484; stroke-width: 1.2 } .tip { fill: #6b7484 }
                  @media (prefers-color-scheme: dark) {
                    .page { fill: #14161a } .node { fill: #262a32; stroke: #6b7484 } .marked { fill: #1d3463; stroke: #82aaff }
                    text { fill: #e7e8ea } .arrow { stroke: #9aa3b2 } .tip { fill: #9aa3b2 }
                  }
                </style>
                <defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">\
                <path class="tip" d="M0 0.8 8 4 0 7.2z"/></marker></defs>""");
        lines.add("<rect class=\"page\" width=\"100%\" height=\"100%\" rx=\"8\"/>");
        for (List<Place> layer : layers) {
            for (Place place : layer) {
                if (!place.isJoint()) {
                    place.below.forEach(next -> lines.add(arrow(place, next, layers.size())));
                }
            }
        }
        for (List<Place> layer : layers) {
            layer.stream()
                    .filter(place -> !place.isJoint())
                    .forEach(place -> lines.add(node(place, layers.size(), marked)));
        }
        lines.add(String.format(
                Locale.ROOT,
                "<text x=\"%.0f\" y=\"%.0f\" font-size=\"13\">%s</text>",
                width / 2,
                height - MARGIN,
                legend));
        lines.add("</svg>");
        return String.join("\n", lines) + "\n";
    }

    private static double x(Place place) {
        return MARGIN + place.x;
    }

    private static double top(Place place, int layers) {
        return MARGIN + (layers - 1 - place.layer) * LAYER;
    }

    /** Through all joints: upright where it leaves and where it ends, and between as its neighbours in the path lie. */
    private static String arrow(Place from, Place next, int layers) {
        List<double[]> points = new ArrayList<>();
        points.add(new double[] {x(from) + port(from.below, next), top(from, layers) + HEIGHT});
        Place last = from;
        Place to = next;
        while (to.isJoint()) {
            points.add(new double[] {x(to), top(to, layers) + HEIGHT / 2});
            last = to;
            to = to.below.get(0);
        }
        points.add(new double[] {x(to) + port(to.above, last), top(to, layers)});
        StringBuilder path = new StringBuilder();
        path.append(String.format(Locale.ROOT, "M%.1f %.1f", points.get(0)[0], points.get(0)[1]));
        for (int i = 1; i < points.size(); i++) {
            double[] a = points.get(i - 1);
            double[] b = points.get(i);
            double third = (b[1] - a[1]) / (i == 1 && i == points.size() - 1 ? 2 : 3);
            path.append(String.format(
                    Locale.ROOT,
                    "C%.1f %.1f %.1f %.1f %.1f %.1f",
                    a[0] + third * slope(points, i - 1),
                    a[1] + third,
                    b[0] - third * slope(points, i),
                    b[1] - third,
                    b[0],
                    b[1]));
        }
        return "<path class=\"arrow\" marker-end=\"url(#tip)\" d=\"" + path + "\"/>";
    }

    /** How far to the side of a node's middle an arrow begins or ends, so that several are told apart. */
    private static double port(List<Place> neighbours, Place neighbour) {
        long left = neighbours.stream().filter(other -> other.x < neighbour.x).count();
        return (left - (neighbours.size() - 1) / 2.0) * Math.min(14, NODE * 0.7 / neighbours.size());
    }

    /** To the side for each step down. */
    private static double slope(List<double[]> points, int i) {
        if (i == 0 || i == points.size() - 1) {
            return 0;
        }
        double[] before = points.get(i - 1);
        double[] after = points.get(i + 1);
        return (after[0] - before[0]) / (after[1] - before[1]);
    }

    private static String node(Place place, int layers, Set<String> marked) {
        double x = x(place);
        double y = top(place, layers);
        return String.format(
                Locale.ROOT,
                "<g><rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.0f\" height=\"%.0f\" rx=\"6\"/>"
                        + "<text x=\"%.1f\" y=\"%.1f\">%s</text></g>",
                marked.contains(place.name) ? "node marked" : "node",
                x - NODE / 2,
                y,
                NODE,
                HEIGHT,
                x,
                y + HEIGHT / 2 + 5,
                place.name);
    }
}
