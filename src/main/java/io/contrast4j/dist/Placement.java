package io.contrast4j.dist;

import java.util.Map;
import java.util.Optional;

/**
 * Which of several processes this one is, and where they meet, as whatever started it says. In this order:
 *
 * <ol>
 *   <li>{@code RANK}, {@code WORLD_SIZE}, {@code LOCAL_RANK}, {@code LOCAL_WORLD_SIZE}, {@code MASTER_ADDR}, {@code
 *       MASTER_PORT}: torchrun, {@code --nproc-per-node}, and Kubernetes' PyTorchJob, which leaves the local ones out where
 *       a pod has one process. Where torchrun's agent has {@code MASTER_PORT} for itself ({@code
 *       TORCHELASTIC_USE_AGENT_STORE}), they meet at the port after it.
 *   <li>{@code SLURM_PROCID}, {@code SLURM_NTASKS}, {@code SLURM_LOCALID}: srun. They meet on the first host of the node
 *       list, at a port made of the job's number, unless {@code MASTER_ADDR} and {@code MASTER_PORT} say otherwise.
 *   <li>The keys {@code distributed.world-size}, {@code .rank} and {@code .dist-url}.
 * </ol>
 *
 * Nothing of all that means one process. Keys that are set beside variables must agree with them.
 *
 * @param meeting empty for one process
 * @param job what the processes of one start have in common, and those of another do not: {@link #JOB}, the identifier of
 *     torchrun, or the number of Slurm's job and step; empty if nothing says it
 * @param source what said so, for messages
 */
public record Placement(World world, Optional<Rendezvous> meeting, String job, String source) {
    /** The variable by which {@code --nproc-per-node}, or whoever starts processes by hand, names what belongs together. */
    public static final String JOB = "CONTRAST4J_JOB";

    /** One process. */
    public static final Placement ALONE = new Placement(World.ALONE, Optional.empty(), "", "one process");

    private static final String KEYS = "distributed.world-size";
    private static final String AGENT = "TORCHELASTIC_USE_AGENT_STORE";
    private static final String AGENT_LISTENS = "True";
    private static final int FIRST_PORT = 10_000;
    private static final int PORTS = 20_000;

    /**
     * @param environment usually {@link System#getenv()}
     * @throws io.contrast4j.spec.UserError if something is missing or contradicts something else; a line for each
     */
    public static Placement of(Map<String, String> environment, Distributed config) {
        Variables variables = new Variables(environment);
        Optional<World> world;
        String source;
        if (variables.hasAny("RANK", "WORLD_SIZE")) {
            source = "RANK and WORLD_SIZE";
            world = torchrun(variables);
        } else if (variables.number("SLURM_NTASKS").orElse(1) > 1
                || variables.number("SLURM_PROCID").orElse(0) > 0) {
            source = "SLURM_PROCID and SLURM_NTASKS";
            world = slurm(variables);
        } else {
            source = KEYS;
            world = keys(variables, config);
        }
        world.ifPresent(found -> agree(variables, config, found));
        variables.raise();
        if (world.isEmpty() || world.get().isAlone()) {
            return ALONE;
        }
        Optional<Rendezvous> meeting = meeting(variables, config, source);
        variables.raise();
        return new Placement(world.get(), meeting, job(variables, source), source);
    }

    /** Only what counts the processes names the job: those that are counted by hand may be of several of Slurm's. */
    private static String job(Variables variables, String source) {
        Optional<String> named = variables.word(JOB);
        if (named.isEmpty() && source.startsWith("RANK")) {
            named = variables.word("TORCHELASTIC_RUN_ID");
        }
        // The parts of a heterogeneous job have numbers of their own.
        if (named.isEmpty() && source.startsWith("SLURM") && !variables.has("SLURM_HET_SIZE")) {
            String step = variables.word("SLURM_STEP_ID").map(id -> "." + id).orElse("");
            named = variables.firstWord("SLURM_JOB_ID", "SLURM_JOBID").map(id -> id + step);
        }
        return named.orElse("");
    }

    private static Optional<World> torchrun(Variables variables) {
        Optional<Integer> rank = variables.required("RANK", "WORLD_SIZE");
        Optional<Integer> size = variables.required("WORLD_SIZE", "RANK");
        boolean isLocal = variables.hasAny("LOCAL_RANK", "LOCAL_WORLD_SIZE");
        Optional<Integer> localRank = isLocal ? variables.required("LOCAL_RANK", "LOCAL_WORLD_SIZE") : Optional.of(0);
        Optional<Integer> localSize = isLocal ? variables.required("LOCAL_WORLD_SIZE", "LOCAL_RANK") : Optional.of(1);
        if (!variables.isFine()) {
            return Optional.empty();
        }
        return world(
                variables,
                new Named("RANK", rank.orElseThrow()),
                new Named("WORLD_SIZE", size.orElseThrow()),
                new Named("LOCAL_RANK", localRank.orElseThrow()),
                new Named("LOCAL_WORLD_SIZE", localSize.orElseThrow()));
    }

    private static Optional<World> slurm(Variables variables) {
        Optional<Integer> rank = variables.required("SLURM_PROCID", "SLURM_NTASKS");
        Optional<Integer> size = variables.required("SLURM_NTASKS", "SLURM_PROCID");
        Optional<Integer> localRank = variables.required("SLURM_LOCALID", "SLURM_PROCID");
        if (!variables.isFine()) {
            return Optional.empty();
        }
        Optional<Integer> localSize = SlurmTasks.ofThisNode(variables, size.orElseThrow());
        if (localSize.isEmpty()) {
            variables.problem("SLURM_NTASKS_PER_NODE is not set, and the processes of this host cannot be counted"
                    + " otherwise; give srun --ntasks-per-node.");
            return Optional.empty();
        }
        return world(
                variables,
                new Named("SLURM_PROCID", rank.orElseThrow()),
                new Named("SLURM_NTASKS", size.orElseThrow()),
                new Named("SLURM_LOCALID", localRank.orElseThrow()),
                new Named("SLURM_NTASKS_PER_NODE", localSize.orElseThrow()));
    }

    private static Optional<World> keys(Variables variables, Distributed config) {
        if (config.multiprocessingDistributed()
                || (config.worldSize().isEmpty() && config.rank().isEmpty())) {
            return Optional.of(World.ALONE);
        }
        variables.require(
                config.worldSize().isPresent(),
                "distributed.rank is set without distributed.world-size; set both or neither.");
        variables.require(
                config.rank().isPresent() || config.worldSize().orElse(1) == 1,
                "distributed.world-size = " + config.worldSize().orElse(0)
                        + " is set without distributed.rank; give each process its number, from 0, or start all of this"
                        + " host with --nproc-per-node.");
        return variables.isFine()
                ? Optional.of(
                        new World(config.rank().orElse(0), config.worldSize().orElseThrow(), 0, 1))
                : Optional.empty();
    }

    /** A number, with the variable that says it. */
    private record Named(String name, int value) {
        @Override
        public String toString() {
            return name + " = " + value;
        }
    }

    private static Optional<World> world(
            Variables variables, Named rank, Named size, Named localRank, Named localSize) {
        variables.require(size.value > 0, size + " must be 1 or more.");
        variables.require(localSize.value > 0, localSize + " must be 1 or more.");
        variables.require(rank.value < Math.max(1, size.value), rank + " must be less than " + size + ".");
        variables.require(
                localRank.value < Math.max(1, localSize.value), localRank + " must be less than " + localSize + ".");
        variables.require(localSize.value <= Math.max(1, size.value), localSize + " must be at most " + size + ".");
        return variables.isFine()
                ? Optional.of(new World(rank.value, size.value, localRank.value, localSize.value))
                : Optional.empty();
    }

    /** Keys beside variables: they count hosts where each host starts its own processes. */
    private static void agree(Variables variables, Distributed config, World world) {
        int unit = config.multiprocessingDistributed() ? world.localSize() : 1;
        String counts = config.multiprocessingDistributed() ? " hosts of " + unit + " processes" : "";
        config.worldSize()
                .ifPresent(size -> variables.require(
                        (long) size * unit == world.size(),
                        KEYS + " = " + size + counts + " contradicts the environment, which says " + world.size()
                                + " processes; remove one of them."));
        config.rank()
                .ifPresent(rank -> variables.require(
                        rank == world.rank() / unit,
                        "distributed.rank = " + rank + " contradicts the environment, which says rank " + world.rank()
                                + "; remove one of them."));
    }

    private static Optional<Rendezvous> meeting(Variables variables, Distributed config, String source) {
        Optional<Rendezvous> given = Rendezvous.of(config.distUrl());
        boolean isSlurm = source.startsWith("SLURM");
        Optional<String> host = variables.word("MASTER_ADDR");
        Optional<Integer> port = variables.number("MASTER_PORT");
        boolean isAgents = variables.word(AGENT).filter(AGENT_LISTENS::equals).isPresent();
        if (given.isPresent()) {
            Rendezvous url = given.get();
            variables.require(
                    host.isEmpty() || host.get().equals(url.host()),
                    "distributed.dist-url = " + url + " contradicts MASTER_ADDR = " + host.orElse("")
                            + "; remove one of them.");
            variables.require(
                    port.isEmpty() || isAgents || port.get() == url.port(),
                    "distributed.dist-url = " + url + " contradicts MASTER_PORT = " + port.orElse(0)
                            + "; remove one of them.");
            return given;
        }
        if (isSlurm && host.isEmpty()) {
            host = SlurmTasks.firstNode(variables);
        }
        if (isSlurm && port.isEmpty()) {
            port = variables
                    .firstWord("SLURM_JOB_ID", "SLURM_JOBID")
                    .filter(id -> id.matches("\\d{1,18}"))
                    .map(id -> FIRST_PORT + (int) (Long.parseLong(id) % PORTS));
        }
        require(variables, host.isPresent(), "MASTER_ADDR", "the host of rank 0", isSlurm, source);
        require(variables, port.isPresent(), "MASTER_PORT", "a free port of that host", isSlurm, source);
        port.ifPresent(number ->
                variables.require(number >= 1 && number <= 65535, "MASTER_PORT = " + number + " must be 1 to 65535."));
        // An agent listens there itself, for Python's processes to join its store.
        int moved = !isAgents ? 0 : port.orElse(0) < 65535 ? 1 : -1;
        return variables.isFine()
                ? Optional.of(new Rendezvous(host.orElseThrow(), port.orElseThrow() + moved))
                : Optional.empty();
    }

    private static void require(
            Variables variables, boolean holds, String name, String meaning, boolean isSlurm, String source) {
        if (!holds && variables.isFine()) {
            String other = isSlurm ? " and Slurm's variables do not say it either" : "";
            variables.problem(name + " is not set" + other + ", although " + source
                    + " speak of several processes; set it to " + meaning
                    + ", or distributed.dist-url to tcp://HOST:PORT.");
        }
    }
}
