package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.config.Fragment;
import io.contrast4j.config.InvalidConfig;
import io.contrast4j.spec.UserError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * All runs that a sweep file is about: each base with each of its {@code runs}, each point of its grid and each seed. All are
 * checked before any of them is trained.
 *
 * @param name its folder's
 * @param plan as written
 * @param combinations those that go together, at least one, in the order of the file; the last axis changes fastest
 * @param skipped the names of those that do not, each with what is wrong with it
 */
record Sweep(String name, SweepConfig.Plan plan, List<Combination> combinations, Map<String, String> skipped) {
    /** More are a mistake, or too many for one machine and one page. */
    private static final int MOST = 1000;

    /** Names of folders have a limit. */
    private static final int LONGEST_NAME = 150;

    private static final String SEED = "seed";
    private static final String PLACE = "sweep.seeds";

    /** A combination that is not known to be valid yet. */
    private record Point(
            String name, Map<String, String> settings, Map<String, Fragment> values, Optional<String> base) {
        Point with(SweepAxis.Choice choice) {
            Map<String, String> allSettings = new LinkedHashMap<>(settings);
            allSettings.putAll(choice.settings());
            Map<String, Fragment> allValues = new LinkedHashMap<>(values);
            allValues.putAll(choice.values());
            String joined =
                    name.isEmpty() || choice.label().isEmpty() ? name + choice.label() : name + "_" + choice.label();
            return new Point(joined, allSettings, allValues, choice.base().or(this::base));
        }

        Point shortened() {
            return name.length() <= LONGEST_NAME
                    ? this
                    : new Point(
                            name.substring(0, LONGEST_NAME - 9) + "-"
                                    + Sha256.of(name).substring(0, 8),
                            settings,
                            values,
                            base);
        }
    }

    /**
     * Reads a sweep file.
     *
     * @param overrides for all runs, or of the section {@code sweep}
     * @param isHere whether the files that the runs read must be here
     * @throws UserError if something is wrong with it or, unless such are to be skipped, with a combination
     */
    static Sweep load(Path file, List<String> overrides, boolean isHere) {
        SweepConfig.Plan plan = ConfigFile.section(SweepConfig.SECTION, file, overrides)
                .bind(SweepConfig.class)
                .sweep();
        List<Point> points = points(axes(plan, overrides, file));
        String name = plan.name().orElseGet(() -> file.getFileName().toString().replaceFirst("\\.[^.]*$", ""));
        Map<String, ConfigFile> bases = new LinkedHashMap<>();
        List<Combination> all = new ArrayList<>();
        Refusals refusals = new Refusals(points.size());
        for (Point point : points) {
            try {
                ConfigFile base = bases.computeIfAbsent(
                        point.base().orElse(""),
                        given -> ConfigFile.beside(SweepConfig.SECTION, file, baseFile(given, file), overrides));
                ConfigFile own = base.with(point.values());
                Path out = own.bindWithoutFiles(RunConfig.class).out();
                Combination made = new Combination(point.name(), point.settings(), own, out.resolve(name));
                if (isHere) {
                    made.config();
                } else {
                    made.configAnywhere();
                }
                all.add(made);
            } catch (InvalidConfig wrong) {
                refusals.add(point.name(), wrong);
            }
        }
        refusals.judge(plan.skipInvalid());
        if (all.stream().map(Combination::sweep).distinct().count() > 1) {
            throw new UserError(
                    UserError.USAGE, "The runs of " + file + " go to different folders; say out=DIR for all of them.");
        }
        return new Sweep(name, plan, List.copyOf(all), refusals.byName());
    }

    /** What is wrong with which combinations. A mistake of many is said once. */
    private static final class Refusals {
        private final int points;
        private final Map<String, List<String>> namesByProblem = new LinkedHashMap<>();
        private final Map<String, String> byName = new LinkedHashMap<>();

        Refusals(int points) {
            this.points = points;
        }

        void add(String name, InvalidConfig wrong) {
            wrong.problems()
                    .forEach(problem -> namesByProblem
                            .computeIfAbsent(problem.toString(), text -> new ArrayList<>())
                            .add(name));
            byName.put(name, String.valueOf(wrong.getMessage()));
        }

        Map<String, String> byName() {
            return byName;
        }

        /** What all have is a mistake of the file, even if such are to be skipped. */
        void judge(boolean isSkipping) {
            List<String> told = new ArrayList<>();
            namesByProblem.forEach((problem, names) -> {
                boolean isOfAll = names.size() == points;
                if (isOfAll || !isSkipping) {
                    told.add(problem + (isOfAll ? "" : " (" + where(names) + ")"));
                }
            });
            if (told.isEmpty() && byName.size() == points) {
                told.add("No combination is valid, such as "
                        + byName.entrySet().iterator().next());
            }
            if (!told.isEmpty()) {
                throw new UserError(
                        UserError.USAGE,
                        String.join("\n", told)
                                + (byName.size() == points
                                        ? ""
                                        : "\nsweep.skip-invalid = true leaves out what does not go together"));
            }
        }

        private static String where(List<String> names) {
            return "in " + names.get(0) + (names.size() == 1 ? "" : " and " + (names.size() - 1) + " more");
        }
    }

    private static Optional<Path> baseFile(String base, Path file) {
        if (base.isEmpty()) {
            return Optional.empty();
        }
        Path beside = file.resolveSibling(base).normalize();
        return Optional.of(
                base.endsWith(".conf") ? beside : ConfFolder.installed().file(base));
    }

    private static List<SweepAxis> axes(SweepConfig.Plan plan, List<String> overrides, Path file) {
        List<SweepAxis> axes = new ArrayList<>();
        plan.base()
                .map(base -> base.elements().orElse(List.of(base)))
                .ifPresent(bases -> axes.add(
                        SweepAxis.ofBases(bases.stream().map(Fragment::text).toList())));
        List<Map<String, Fragment>> runs = new ArrayList<>();
        for (Fragment run : plan.runs()) {
            if (run.entries().isEmpty()) {
                throw run.wrong("sweep.runs has " + run.text() + ", which must be an object { key = value … }");
            }
            runs.add(run.values());
        }
        if (!runs.isEmpty()) {
            axes.add(SweepAxis.ofRuns(runs));
        }
        if (plan.grid().entries().isEmpty()) {
            throw plan.grid().wrong("sweep.grid = " + plan.grid().text() + " must be an object { key = [value, …] … }");
        }
        plan.grid()
                .values()
                .forEach((key, values) -> axes.add(SweepAxis.of(
                        key,
                        values.elements()
                                .filter(list -> !list.isEmpty())
                                .orElseThrow(() -> values.wrong("sweep.grid." + key + " = " + values.text()
                                        + " must be a list of values, such as [" + values.text() + "]")))));
        if (!plan.seeds().isEmpty()) {
            axes.add(SweepAxis.of(
                    SEED,
                    plan.seeds().stream().map(seed -> Fragment.of(seed, PLACE)).toList()));
        }
        axes.removeIf(axis -> axis.choices().isEmpty());
        if (axes.stream()
                .allMatch(axis -> axis.choices().size() == 1
                        && axis.choices().get(0).label().isEmpty())) {
            throw new UserError(
                    UserError.USAGE,
                    file + ": there is nothing to choose from: sweep.base with several runs, sweep.runs, sweep.grid or"
                            + " sweep.seeds says what is to be compared");
        }
        requireApart(axes, overrides);
        return axes;
    }

    /** A key that is chosen twice would have the value of whichever comes last. */
    private static void requireApart(List<SweepAxis> axes, List<String> overrides) {
        List<List<String>> keys = axes.stream()
                .map(axis -> axis.choices().stream()
                        .flatMap(choice -> choice.values().keySet().stream())
                        .distinct()
                        .toList())
                .toList();
        for (int i = 0; i < keys.size(); i++) {
            for (String key : keys.get(i)) {
                if (List.of("name", "out").contains(key)) {
                    throw new UserError(
                            UserError.USAGE,
                            "sweep: " + key
                                    + " cannot be chosen from: the sweep says what its runs are called and where"
                                    + " they go");
                }
                List<String> others = keys.subList(0, i).stream()
                        .flatMap(List::stream)
                        .filter(other -> overlap(key, other))
                        .toList();
                if (!others.isEmpty()) {
                    throw new UserError(
                            UserError.USAGE,
                            "sweep: " + others.get(0) + " and " + key
                                    + " are chosen independently of each other, and one"
                                    + " would undo the other; put them together into sweep.runs");
                }
                overrides.stream()
                        .filter(override -> overlap(key, override.split("=", 2)[0].strip()))
                        .findFirst()
                        .ifPresent(override -> {
                            throw new UserError(
                                    UserError.USAGE,
                                    "\"" + override + "\" would be undone by the sweep, which chooses " + key
                                            + "; take it back");
                        });
            }
        }
    }

    private static boolean overlap(String one, String other) {
        return Flattened.covers(one, other) || Flattened.covers(other, one);
    }

    private static List<Point> points(List<SweepAxis> axes) {
        List<Point> points = List.of(new Point("", Map.of(), Map.of(), Optional.empty()));
        for (SweepAxis axis : axes) {
            if ((long) points.size() * axis.choices().size() > MOST) {
                throw new UserError(
                        UserError.USAGE, "sweep: there are more than " + MOST + " combinations; choose fewer values");
            }
            points = points.stream()
                    .flatMap(point -> axis.choices().stream().map(point::with))
                    .toList();
        }
        List<Point> named = points.stream().map(Point::shortened).toList();
        named.stream()
                .collect(Collectors.groupingBy(Point::name, Collectors.counting()))
                .forEach((name, count) -> {
                    if (count > 1) {
                        throw new UserError(
                                UserError.USAGE,
                                "sweep: " + count + " combinations are called " + name
                                        + ": a value is there twice, or runs need a name each");
                    }
                });
        return named;
    }

    /** The folder of the whole sweep. */
    Path folder() {
        return combinations.get(0).sweep();
    }

    /** @throws UserError if runs are there that were made with another configuration */
    void requireUnchanged() {
        List<Combination> changed = combinations.stream()
                .filter(combination -> combination.state() == Combination.State.CHANGED)
                .toList();
        if (!changed.isEmpty()) {
            Combination first = changed.get(0);
            throw new UserError(
                    UserError.USAGE,
                    changed.size() + " of the runs in " + folder() + " had another configuration when they were begun: "
                            + first.name() + " differs in " + String.join(", ", first.changes())
                            + "; take that back, choose another sweep.name, or remove the folders of these runs.");
        }
    }
}
