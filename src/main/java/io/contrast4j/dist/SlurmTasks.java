package io.contrast4j.dist;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What Slurm says about the hosts of a job and the processes on each. */
final class SlurmTasks {
    private static final Pattern COUNT = Pattern.compile("(\\d{1,6})(?:\\(x(\\d{1,6})\\))?");
    private static final String[] NODE_LISTS = {"SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST", "SLURM_NODELIST"};

    private SlurmTasks() {}

    /** The first host; a list that cannot be read is a problem. */
    static Optional<String> firstNode(Variables variables) {
        return nodes(variables).map(nodes -> nodes.get(0));
    }

    /**
     * Processes on this host: a number for all hosts, else one for each ({@code 2(x3),1}), else all where there is one host.
     *
     * @param size of the whole world
     */
    static Optional<Integer> ofThisNode(Variables variables, int size) {
        Optional<String> each = variables.firstWord("SLURM_STEP_TASKS_PER_NODE", "SLURM_TASKS_PER_NODE");
        Optional<Integer> node = variables.number("SLURM_NODEID");
        if (each.isPresent() && node.isPresent()) {
            Optional<List<Integer>> counts = counts(each.get());
            if (counts.isPresent() && node.get() < counts.get().size()) {
                return Optional.of(counts.get().get(node.get()));
            }
        }
        Optional<Integer> all = variables.number("SLURM_NTASKS_PER_NODE");
        if (all.isPresent()) {
            // It is a limit: a job of two tasks may have it at four.
            return Optional.of(Math.min(all.get(), size));
        }
        return nodes(variables)
                .map(List::size)
                .filter(nodes -> size % nodes == 0)
                .map(nodes -> size / nodes);
    }

    /** {@code 2(x3),1}: 2, 2, 2, 1. */
    static Optional<List<Integer>> counts(String text) {
        List<Integer> counts = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            Matcher matcher = COUNT.matcher(part);
            if (!matcher.matches()) {
                return Optional.empty();
            }
            int times = matcher.group(2) == null ? 1 : Integer.parseInt(matcher.group(2));
            for (int i = 0; i < times; i++) {
                counts.add(Integer.valueOf(matcher.group(1)));
            }
        }
        return Optional.of(counts);
    }

    private static Optional<List<String>> nodes(Variables variables) {
        Optional<String> text = variables.firstWord(NODE_LISTS);
        Optional<List<String>> nodes = text.flatMap(NodeList::hosts);
        variables.require(
                text.isEmpty() || nodes.isPresent(),
                "The node list " + text.orElse("")
                        + " is not written as Slurm does, such as node[01-04]; set MASTER_ADDR"
                        + " to the host of rank 0.");
        return nodes;
    }
}
