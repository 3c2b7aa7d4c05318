package io.contrast4j.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.spec.UserError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class PlacementTest {
    private static final Map<String, String> TORCHRUN = Map.of(
            "RANK", "5",
            "WORLD_SIZE", "8",
            "LOCAL_RANK", "1",
            "LOCAL_WORLD_SIZE", "4",
            "MASTER_ADDR", "gpu01",
            "MASTER_PORT", "29500");

    private static final Map<String, String> SLURM = Map.of(
            "SLURM_PROCID", "3",
            "SLURM_NTASKS", "8",
            "SLURM_LOCALID", "1",
            "SLURM_NTASKS_PER_NODE", "2",
            "SLURM_JOB_ID", "1234567",
            "SLURM_JOB_NODELIST", "node[03-05,9]");

    private static Distributed keys(String url, Integer size, Integer rank, boolean multiprocessing) {
        return new Distributed(
                url,
                Optional.ofNullable(size),
                Optional.ofNullable(rank),
                multiprocessing,
                Distributed.Carrier.AUTO,
                Duration.ofSeconds(60),
                false,
                25);
    }

    private static Map<String, String> with(Map<String, String> environment, String... changes) {
        Map<String, String> changed = new HashMap<>(environment);
        for (int i = 0; i < changes.length; i += 2) {
            if (changes[i + 1].isEmpty()) {
                changed.remove(changes[i]);
            } else {
                changed.put(changes[i], changes[i + 1]);
            }
        }
        return changed;
    }

    private static Placement of(Map<String, String> environment) {
        return Placement.of(environment, Distributed.byEnvironment());
    }

    @Test
    void anEmptyEnvironmentIsOneProcess() {
        assertThat(of(Map.of())).isEqualTo(Placement.ALONE);
        assertThat(of(Map.of("MASTER_ADDR", "x", "MASTER_PORT", "1"))).isEqualTo(Placement.ALONE);
        assertThat(of(Map.of("RANK", "0", "WORLD_SIZE", "1"))).isEqualTo(Placement.ALONE);
        assertThat(of(Map.of("SLURM_PROCID", "0", "SLURM_NTASKS", "1"))).isEqualTo(Placement.ALONE);
    }

    @Test
    void torchrunSaysAll() {
        Placement placement = of(TORCHRUN);
        assertThat(placement.world()).isEqualTo(new World(5, 8, 1, 4));
        assertThat(placement.meeting()).contains(new Rendezvous("gpu01", 29500));
    }

    @Test
    void aPyTorchJobOfOneProcessInEachPodHasNoLocalNumbers() {
        Placement placement = of(with(TORCHRUN, "LOCAL_RANK", "", "LOCAL_WORLD_SIZE", ""));
        assertThat(placement.world()).isEqualTo(new World(5, 8, 0, 1));
    }

    @Test
    void slurmMeetsOnTheFirstHostAtAPortOfTheJob() {
        Placement placement = of(SLURM);
        assertThat(placement.world()).isEqualTo(new World(3, 8, 1, 2));
        assertThat(placement.meeting()).contains(new Rendezvous("node03", 10_000 + 1234567 % 20_000));
        assertThat(of(with(SLURM, "MASTER_ADDR", "ib0", "MASTER_PORT", "4711")).meeting())
                .contains(new Rendezvous("ib0", 4711));
    }

    @Test
    void theJobIsNamedByWhatCountsItsProcesses() {
        assertThat(of(TORCHRUN).job()).isEmpty();
        assertThat(of(with(TORCHRUN, "TORCHELASTIC_RUN_ID", "17")).job()).isEqualTo("17");
        // Two of Slurm's jobs may make one training, where their processes are not counted by Slurm.
        assertThat(of(with(TORCHRUN, "SLURM_JOB_ID", "1234567")).job()).isEmpty();
        assertThat(of(with(TORCHRUN, "TORCHELASTIC_RUN_ID", "17", Placement.JOB, "a"))
                        .job())
                .isEqualTo("a");
        assertThat(of(SLURM).job()).isEqualTo("1234567");
        assertThat(of(with(SLURM, "SLURM_STEP_ID", "2")).job()).isEqualTo("1234567.2");
        assertThat(of(with(SLURM, "SLURM_HET_SIZE", "2")).job()).isEmpty();
    }

    @Test
    void slurmsTasksOfAHostAreCountedWithoutTheOption() {
        Map<String, String> bare = with(SLURM, "SLURM_NTASKS_PER_NODE", "");
        assertThat(of(bare).world().localSize()).isEqualTo(2);
        assertThat(of(with(bare, "SLURM_TASKS_PER_NODE", "3(x2),1,1", "SLURM_NODEID", "1"))
                        .world()
                        .localSize())
                .isEqualTo(3);
        assertThat(refusal(with(bare, "SLURM_JOB_NODELIST", "a,b,c"), Distributed.byEnvironment()))
                .containsExactly("SLURM_NTASKS_PER_NODE is not set, and the processes of this host cannot be counted"
                        + " otherwise; give srun --ntasks-per-node.");
    }

    @Test
    void keysSayTheSameForProcessesStartedByHand() {
        Placement placement = Placement.of(Map.of(), keys("tcp://10.0.0.1:23456", 2, 1, false));
        assertThat(placement.world()).isEqualTo(new World(1, 2, 0, 1));
        assertThat(placement.meeting()).contains(new Rendezvous("10.0.0.1", 23456));
        assertThat(Placement.of(Map.of(), keys("tcp://[::1]:23456", 2, 1, false))
                        .meeting())
                .contains(new Rendezvous("::1", 23456));
    }

    /** torchrun's agent may listen at MASTER_PORT itself, as a store for Python's processes. */
    @Test
    void whereAnAgentHasThePortTheyMeetAtTheNext() {
        Map<String, String> agent = new HashMap<>(TORCHRUN);
        agent.put("TORCHELASTIC_USE_AGENT_STORE", "True");
        assertThat(Placement.of(agent, Distributed.byEnvironment()).meeting()).contains(new Rendezvous("gpu01", 29501));
        assertThat(Placement.of(agent, keys("tcp://gpu01:4000", null, null, false))
                        .meeting())
                .contains(new Rendezvous("gpu01", 4000));
        agent.put("MASTER_PORT", "65535");
        assertThat(Placement.of(agent, Distributed.byEnvironment()).meeting()).contains(new Rendezvous("gpu01", 65534));
        agent.put("TORCHELASTIC_USE_AGENT_STORE", "False");
        assertThat(Placement.of(agent, Distributed.byEnvironment()).meeting()).contains(new Rendezvous("gpu01", 65535));
    }

    @Test
    void keysBesideVariablesMustAgree() {
        assertThat(Placement.of(TORCHRUN, keys("env://", 8, 5, false)).world().rank())
                .isEqualTo(5);
        assertThat(Placement.of(TORCHRUN, keys("env://", 2, 1, true)).world().rank())
                .isEqualTo(5);
        assertThat(refusal(TORCHRUN, keys("env://", 4, 3, false)))
                .containsExactly(
                        "distributed.world-size = 4 contradicts the environment, which says 8 processes; remove one of them.",
                        "distributed.rank = 3 contradicts the environment, which says rank 5; remove one of them.");
        assertThat(refusal(TORCHRUN, keys("tcp://gpu02:29501", null, null, false)))
                .containsExactly(
                        "distributed.dist-url = tcp://gpu02:29501 contradicts MASTER_ADDR = gpu01; remove one of them.",
                        "distributed.dist-url = tcp://gpu02:29501 contradicts MASTER_PORT = 29500; remove one of them.");
    }

    @Test
    void whatIsMissingIsNamed() {
        Distributed none = Distributed.byEnvironment();
        assertThat(refusal(Map.of("RANK", "1"), none))
                .containsExactly("WORLD_SIZE is not set, although RANK is; set both or neither.");
        assertThat(refusal(with(TORCHRUN, "LOCAL_RANK", ""), none))
                .containsExactly("LOCAL_RANK is not set, although LOCAL_WORLD_SIZE is; set both or neither.");
        assertThat(refusal(with(TORCHRUN, "MASTER_ADDR", ""), none))
                .singleElement()
                .asString()
                .startsWith("MASTER_ADDR is not set");
        assertThat(refusal(with(SLURM, "SLURM_LOCALID", ""), none))
                .singleElement()
                .asString()
                .startsWith("SLURM_LOCALID is not set");
        assertThat(refusal(with(SLURM, "SLURM_JOB_NODELIST", "node[", "SLURM_JOB_ID", ""), none))
                .first()
                .asString()
                .startsWith("The node list node[ is not written as Slurm does");
        assertThat(refusal(Map.of(), keys("env://", 2, null, false)))
                .singleElement()
                .asString()
                .contains("distributed.rank");
        assertThat(refusal(Map.of(), keys("env://", null, 1, false)))
                .singleElement()
                .asString()
                .contains("distributed.world-size");
        assertThat(refusal(Map.of(), keys("env://", 2, 1, false)))
                .singleElement()
                .asString()
                .startsWith("MASTER_ADDR is not set");
    }

    @Test
    void numbersThatCannotBeAreNamed() {
        Distributed none = Distributed.byEnvironment();
        assertThat(refusal(with(TORCHRUN, "RANK", "8"), none))
                .containsExactly("RANK = 8 must be less than WORLD_SIZE = 8.");
        assertThat(refusal(with(TORCHRUN, "RANK", "-1", "WORLD_SIZE", "many"), none))
                .containsExactly(
                        "RANK = -1 must be a number, 0 or more.", "WORLD_SIZE = many must be a number, 0 or more.");
        assertThat(refusal(with(TORCHRUN, "LOCAL_RANK", "4"), none))
                .containsExactly("LOCAL_RANK = 4 must be less than LOCAL_WORLD_SIZE = 4.");
        assertThat(refusal(with(TORCHRUN, "MASTER_PORT", "70000"), none))
                .containsExactly("MASTER_PORT = 70000 must be 1 to 65535.");
    }

    @Test
    void aProgramThatStartsProcessesCountsHosts() {
        Distributed none = Distributed.byEnvironment();
        assertThat(Hosts.of(Map.of(), none)).isEqualTo(new Hosts(0, 1, Optional.empty()));
        assertThat(Hosts.of(Map.of(), keys("tcp://a:7", 2, 1, true)))
                .isEqualTo(new Hosts(1, 2, Optional.of(new Rendezvous("a", 7))));
        Map<String, String> pod = Map.of(
                "PET_NNODES", "2",
                "PET_NODE_RANK", "1",
                "PET_MASTER_ADDR", "job-master-0",
                "PET_MASTER_PORT", "23456",
                "RANK", "1",
                "WORLD_SIZE", "8");
        assertThat(Hosts.of(pod, none)).isEqualTo(new Hosts(1, 2, Optional.of(new Rendezvous("job-master-0", 23456))));
        assertThatThrownBy(() -> Hosts.of(TORCHRUN, none))
                .isInstanceOf(UserError.class)
                .hasMessageStartingWith("LOCAL_RANK is set");
        assertThatThrownBy(() -> Hosts.of(SLURM, none)).hasMessageContaining("--ntasks-per-node=1");
    }

    /** Every process of a job finds its own place, and all the same meeting, whichever program started them. */
    @Property(tries = 100)
    void allProcessesOfAJobAreDifferentAndMeet(
            @ForAll @IntRange(min = 1, max = 5) int hosts,
            @ForAll @IntRange(min = 1, max = 5) int each,
            @ForAll @IntRange(min = 1, max = 2_000_000_000) int job) {
        List<World> worlds = new ArrayList<>();
        List<Optional<Rendezvous>> meetings = new ArrayList<>();
        for (int host = 0; host < hosts; host++) {
            for (int local = 0; local < each; local++) {
                int rank = host * each + local;
                Placement torchrun = of(Map.of(
                        "RANK", "" + rank,
                        "WORLD_SIZE", "" + hosts * each,
                        "LOCAL_RANK", "" + local,
                        "LOCAL_WORLD_SIZE", "" + each,
                        "MASTER_ADDR", "n1",
                        "MASTER_PORT", "" + (10_000 + job % 20_000)));
                Placement slurm = of(Map.of(
                        "SLURM_PROCID", "" + rank,
                        "SLURM_NTASKS", "" + hosts * each,
                        "SLURM_LOCALID", "" + local,
                        "SLURM_NTASKS_PER_NODE", "" + each,
                        "SLURM_JOB_ID", "" + job,
                        "SLURM_JOB_NODELIST", "n[1-" + hosts + "]"));
                assertThat(slurm.world()).isEqualTo(torchrun.world());
                assertThat(slurm.meeting()).isEqualTo(torchrun.meeting());
                worlds.add(slurm.world());
                meetings.add(slurm.meeting());
            }
        }
        assertThat(worlds).doesNotHaveDuplicates();
        assertThat(worlds.stream().map(World::rank))
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, hosts * each).boxed().toList());
        assertThat(meetings).containsOnly(meetings.get(0));
    }

    /** Whatever the variables are, the answer is a place or sentences for the user. */
    @Property(tries = 300)
    void noEnvironmentIsABug(
            @ForAll @IntRange(min = -2, max = 4) int rank,
            @ForAll @IntRange(min = -2, max = 4) int size,
            @ForAll @IntRange(min = -2, max = 4) int localRank,
            @ForAll @IntRange(min = -2, max = 4) int localSize,
            @ForAll boolean isSlurm) {
        Map<String, String> environment = new HashMap<>(Map.of("MASTER_ADDR", "a", "MASTER_PORT", "1"));
        environment.put(isSlurm ? "SLURM_PROCID" : "RANK", "" + rank);
        environment.put(isSlurm ? "SLURM_NTASKS" : "WORLD_SIZE", "" + size);
        environment.put(isSlurm ? "SLURM_LOCALID" : "LOCAL_RANK", "" + localRank);
        environment.put(isSlurm ? "SLURM_NTASKS_PER_NODE" : "LOCAL_WORLD_SIZE", "" + localSize);
        boolean fits = size > 0
                && rank >= 0
                && rank < size
                && localSize > 0
                && localRank >= 0
                && localRank < localSize
                && localSize <= size;
        if (fits && size > 1) {
            assertThat(of(environment).world()).isEqualTo(new World(rank, size, localRank, localSize));
        } else if (!isSlurm && !fits) {
            assertThatThrownBy(() -> of(environment)).isInstanceOf(UserError.class);
        }
    }

    private static List<String> refusal(Map<String, String> environment, Distributed config) {
        try {
            Placement placement = Placement.of(environment, config);
            throw new AssertionError("not refused: " + placement);
        } catch (UserError refused) {
            assertThat(refused.exitCode()).isEqualTo(UserError.USAGE);
            return refused.getMessage().lines().toList();
        }
    }
}
