package io.contrast4j.site;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The pages in groups, in the order in which they are read.
 *
 * @param groups the pages by the group's name
 */
record Navigation(Map<String, List<Page>> groups) {
    /** Pages that are not named here follow at the end of their folder's group. */
    static final Map<String, List<String>> ORDER = order();

    private static Map<String, List<String>> order() {
        Map<String, List<String>> order = new LinkedHashMap<>();
        order.put(
                "Start",
                List.of("README.md", "docs/quickstart.md", "docs/init.md", "docs/runs.md", "docs/troubleshooting.md"));
        order.put(
                "Methods",
                List.of(
                        "docs/methods/README.md",
                        "docs/methods/cmc.md",
                        "docs/methods/insdis.md",
                        "docs/methods/moco.md",
                        "docs/methods/align-uniform.md",
                        "docs/methods/ring.md",
                        "docs/methods/selfcon.md",
                        "docs/published-runs.md"));
        order.put(
                "Guides",
                List.of(
                        "docs/data-sets.md",
                        "docs/data-tools.md",
                        "docs/views.md",
                        "docs/optimization.md",
                        "docs/monitors.md",
                        "docs/evaluation.md",
                        "docs/embeddings.md",
                        "docs/checkpoints.md",
                        "checkpoints/README.md",
                        "docs/sweeps.md",
                        "docs/reliability.md",
                        "docs/scaling.md",
                        "docs/gpu.md",
                        "docs/docker.md",
                        "docs/extending.md"));
        order.put(
                "Reference",
                List.of(
                        "docs/commands.md",
                        "docs/configuration.md",
                        "docs/pack-format.md",
                        "docs/flags/cmc.md",
                        "docs/flags/moco.md",
                        "docs/flags/align-uniform.md",
                        "docs/flags/ring.md",
                        "docs/flags/selfcon.md"));
        order.put(
                "Project",
                List.of(
                        "docs/architecture.md",
                        "docs/benchmarks.md",
                        "docs/studies.md",
                        "CONTRIBUTING.md",
                        "docs/publishing.md",
                        "CHANGELOG.md"));
        return order;
    }

    static Navigation of(Documentation documentation) {
        Map<String, List<Page>> groups = new LinkedHashMap<>();
        ORDER.forEach((group, paths) -> groups.put(
                group,
                new ArrayList<>(paths.stream()
                        .filter(documentation.pages()::containsKey)
                        .map(documentation.pages()::get)
                        .toList())));
        documentation.pages().values().stream()
                .filter(page -> ORDER.values().stream().noneMatch(paths -> paths.contains(page.path())))
                .forEach(page -> groups.get(folderGroup(page.path())).add(page));
        groups.values().removeIf(List::isEmpty);
        return new Navigation(groups);
    }

    private static String folderGroup(String path) {
        if (path.startsWith("docs/methods/")) {
            return "Methods";
        }
        if (path.startsWith("docs/flags/")) {
            return "Reference";
        }
        return path.startsWith("docs/") ? "Guides" : "Project";
    }
}
