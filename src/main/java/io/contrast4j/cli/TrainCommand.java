package io.contrast4j.cli;

import io.contrast4j.checkpoint.Pretrained;
import io.contrast4j.config.ConfigFile;
import io.contrast4j.config.InvalidConfig;
import io.contrast4j.dist.Distributed;
import io.contrast4j.dist.Hosts;
import io.contrast4j.dist.Placement;
import io.contrast4j.dist.World;
import io.contrast4j.spec.UserError;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

@Command(
        name = "train",
        description = "Trains what a configuration describes, then evaluates it.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j train conf/quickstart.conf",
            "  contrast4j train conf/quickstart.conf objective.type=infonce seed=2",
            "  contrast4j train conf/quickstart.conf --nproc-per-node 2",
            "  contrast4j train conf/quickstart.conf --resume auto",
            "  contrast4j train conf/quickstart.conf train.epochs=20 --resume auto --allow-change train.epochs"
        })
final class TrainCommand implements Callable<Integer> {
    /** Processes of a host: more than any has GPUs. */
    private static final int MOST = 64;

    @Mixin
    private Conf conf = new Conf();

    @Option(
            names = "--resume",
            paramLabel = "auto|RUN|FILE",
            arity = "0..1",
            parameterConsumer = ResumeArgument.class,
            description = {
                "Goes on with a run from its newest undamaged checkpoint: auto (also if nothing is said) with the latest run of"
                        + " this name, or a new one if there is none; RUN, with that of this folder.",
                "FILE: a new run branches off from this checkpoint."
            })
    private @Nullable String resume;

    @Option(
            names = "--allow-change",
            paramLabel = "KEY",
            split = ",",
            description =
                    "Keys or groups of keys in which the configuration may differ from that of the run that goes on,"
                            + " such as train.epochs,eval.")
    private List<String> allowed = List.of();

    @Option(
            names = RankProcesses.OPTION,
            paramLabel = "N",
            description = {
                "Starts N processes on this host, which share every batch, each on a device of its own (docs/scaling.md).",
                "Without it, torchrun's, Slurm's and PyTorchJob's variables say whether this is one of several processes."
            })
    private @Nullable Integer processes;

    @CommandLine.Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        OwnProgram.endWithStarter();
        ConfigFile file = conf.load();
        Resume from = resume == null ? new Resume.Nothing() : Resume.from(resume);
        // The file that a run took its first weights from may have gone when it goes on from a checkpoint of its own.
        RunConfig config = takesUp(file, from)
                ? file.bind(RunConfig.class, reader -> !(reader instanceof Pretrained))
                : file.bind(RunConfig.class);
        Distributed distributed = config.distributed();
        boolean isSpawned = RankProcesses.isOne();
        boolean isSpawning = processes != null
                || (distributed.multiprocessingDistributed() && !System.getenv().containsKey("LOCAL_RANK"));
        if (isSpawning && !isSpawned) {
            return spawn(config);
        }
        Placement placement = Placement.of(System.getenv(), isSpawned ? distributed.spawned() : distributed);
        Share.of(config, placement.world());
        String rendered = file.render(RunConfig.class);
        try (Workplace place = Workplace.open(config, rendered, placement);
                Run run = new Run(config, rendered, from, new AllowedChanges(allowed), place)) {
            return run.train() ? 0 : Interrupt.INTERRUPTED;
        }
    }

    /** Starts the processes of this host and waits for them. What is wrong with the configuration is said once, here. */
    private int spawn(RunConfig config) {
        CommandLine command = Objects.requireNonNull(spec).commandLine();
        int count = processes == null ? gpus(config) : processes;
        if (count < 1 || count > MOST) {
            throw new ParameterException(command, RankProcesses.OPTION + " " + count + " must be 1 to " + MOST);
        }
        Hosts hosts = Hosts.of(System.getenv(), config.distributed());
        Share.of(config, new World(hosts.host() * count, hosts.count() * count, 0, count));
        List<String> arguments =
                command.getCommandSpec().root().commandLine().getParseResult().originalArgs();
        try (RankProcesses ranks = new RankProcesses(
                arguments,
                count,
                hosts,
                RankProcesses.Labels.RANKS,
                config.train().shutdownGrace())) {
            return ranks.await();
        }
    }

    private static int gpus(RunConfig config) {
        int count = config.device().equals("cpu") ? 0 : Devices.count();
        if (count == 0) {
            throw new UserError(
                    UserError.USAGE,
                    "distributed.multiprocessing-distributed = true starts a process for each GPU of this host, and there is"
                            + " none to be used; say how many with " + RankProcesses.OPTION + " N.");
        }
        return count;
    }

    private static boolean takesUp(ConfigFile file, Resume from) {
        try {
            return from.takesUp(file.bindWithoutFiles(RunConfig.class));
        } catch (InvalidConfig wrong) {
            // It is said when the whole is bound, with what is wrong with files.
            return false;
        }
    }
}
