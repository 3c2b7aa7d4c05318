package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.dist.World;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShareTest {
    private static final Path QUICKSTART =
            Path.of(System.getProperty("contrast4j.home", ".")).resolve("conf/quickstart.conf");
    private static final World SECOND_HOST = new World(5, 8, 1, 4);

    private static RunConfig config(String... overrides) {
        return ConfigFile.load(QUICKSTART, List.of(overrides)).bindWithoutFiles(RunConfig.class);
    }

    /** Batches are of all processes, threads of a host. */
    @ParameterizedTest
    @CsvSource({"128, 16, 8, 2", "64, 8, 5, 2", "8, 1, 4, 1", "64, 8, 1, 1"})
    void aBatchIsDividedAmongAllAndThreadsAmongThoseOfAHost(int batch, int pictures, int threads, int each) {
        Share share = Share.of(config("train.batch-size=" + batch, "loader.workers=" + threads), SECOND_HOST);
        assertThat(share.pictures()).isEqualTo(pictures);
        assertThat(share.parts().batchSize()).isEqualTo(pictures);
        assertThat(share.loader().workers()).isEqualTo(each);
    }

    @Test
    void oneProcessHasAll() {
        RunConfig config = config("train.batch-size=9", "loader.on-corrupt=skip", "device=\"cuda:1\"");
        assertThat(Share.of(config, World.ALONE)).isEqualTo(new Share(9, config.loader(), config.parts()));
    }

    @ParameterizedTest
    @CsvSource({"cpu, true, false", "cuda:0, true, true", "cuda:0, false, false"})
    void onlyForAGpuMemoryIsPinned(String device, boolean asked, boolean pinned) {
        Share share = Share.of(config("loader.pin-memory=" + asked), World.ALONE);
        try (Scope scope = Scope.open()) {
            assertThat(share.on(Tensors.device(device)).loader().pinMemory()).isEqualTo(pinned);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "train.batch-size=9 | train.batch-size = 9 cannot be divided among 8 processes, which have equal parts of it;"
                        + " choose 8 or 16.",
                "train.batch-size=7 | cannot be divided among 8 processes, which have equal parts of it; choose 8.",
                "data-parallel.replicas=3 | data-parallel.replicas = 3 is for one process, and there are 8, each with a device of"
                        + " its own; set data-parallel.replicas=1.",
                "loader.on-corrupt=skip | loader.on-corrupt = skip would make a batch smaller in one of 8 processes",
                "device=\"cuda:1\" | device = cuda:1 is one GPU for 4 processes of this host; use cuda or auto"
            })
    void whatCannotBeSharedIsRefused(String override, String sentence) {
        RunConfig config = config("train.batch-size=64", override);
        assertThatThrownBy(() -> Share.of(config, SECOND_HOST))
                .isInstanceOfSatisfying(
                        UserError.class, error -> assertThat(error.exitCode()).isEqualTo(UserError.USAGE))
                .hasMessageContaining(sentence);
    }

    /** Started by hand on the same host, each is told its own. */
    @Test
    void aProcessThatIsAloneOnItsHostMayNameItsGpu() {
        assertThat(Share.of(config("train.batch-size=64", "device=\"cuda:1\""), new World(1, 2, 0, 1))
                        .pictures())
                .isEqualTo(32);
    }

    @Test
    void whatTheMethodCannotDoWithAPartIsSaid() {
        RunConfig config = config(
                "train.batch-size=12",
                "views.space=rgb",
                "views.groups=[[0, 1, 2]]",
                "views.crops=2",
                "eval.views=[]",
                "method={ type = moco }",
                "store={ type = queue, size = 48 }",
                "negatives=null",
                "negatives={ type = ball, share-of = batch, outer { type = constant, share = 0.1 } }",
                "objective=null",
                "objective={ type = infonce }");
        assertThat(Share.of(config, World.ALONE).pictures()).isEqualTo(12);
        assertThatThrownBy(() -> Share.of(config, new World(0, 2, 0, 2)))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("Each of 2 processes has 6 pictures of a batch of 12: ")
                .hasMessageContaining("negatives.outer");
    }

    /** InsDis takes a share of the whole batch, and so does MoCo if it gathers features. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "views.crops=1 method.type=insdis store.type=memory-bank",
                "views.crops=2 method.type=moco store={type=queue,size=48} distributed.gather-features=true"
            })
    void aBallOfTheWholeBatchMayBeLargerThanThatOfAPart(String method) {
        List<String> settings = new ArrayList<>(List.of(
                "train.batch-size=12",
                "views.space=rgb",
                "views.groups=[[0, 1, 2]]",
                "eval.views=[]",
                "store=null",
                "method=null",
                "negatives=null",
                "negatives={ type = ball, share-of = batch, outer { type = constant, share = 0.1 } }",
                "objective=null",
                "objective={ type = infonce }"));
        settings.addAll(List.of(method.split(" ")));
        RunConfig config = config(settings.toArray(String[]::new));
        assertThat(Share.of(config, new World(0, 2, 0, 2)).pictures()).isEqualTo(6);
    }

    /** They are dealt out, so that each has as many pictures as before. */
    @Test
    void shardsAreThoseOfAllProcesses() {
        RunConfig config = config(
                "train.batch-size=12",
                "views.space=rgb",
                "views.groups=[[0, 1, 2]]",
                "views.crops=2",
                "eval.views=[]",
                "method={ type = moco, shards = 4 }",
                "store={ type = queue, size = 48 }",
                "negatives=null",
                "negatives={ type = all }",
                "objective=null",
                "objective={ type = infonce }");
        assertThat(Share.of(config, new World(0, 2, 0, 2)).pictures()).isEqualTo(6);
    }
}
