package io.contrast4j.cli;

import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.checkpoint.PublishedNames;
import io.contrast4j.nn.Backbone;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

@Command(
        name = "embed",
        description = {
            "Measures what Embedder adds to its work: a single picture against decoding, preprocessing and forward pass"
                    + " alone, and a folder of pictures against the bare passes of its batches.",
            "The contestants take turns; figures are medians, in milliseconds."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j bench embed",
            "  contrast4j bench embed runs/quickstart/TIME /path/to/pictures",
            "  contrast4j bench embed --keep work --rounds 1; contrast4j bench embed work/model.pth work/pictures"
        })
final class BenchEmbedCommand implements Callable<Integer> {
    /** A ResNet-18 as torchvision has it, for pictures of 224 pixels. */
    private static final List<String> USUAL = List.of("depth=18", "stem=imagenet", "head=linear", "feature-dim=128");

    private static final long SEED = 1;

    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "MODEL",
            description = "A run or checkpoint, as 'embed' takes it (default: a ResNet-18 with random weights).")
    private Optional<Path> model = Optional.empty();

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "FOLDER",
            description = "Pictures (default: PPM files of 256x256 pixels, which take next to no time to decode).")
    private Optional<Path> folder = Optional.empty();

    @Option(
            names = "--pictures",
            paramLabel = "N",
            defaultValue = "128",
            description = "Pictures that are made where there is no FOLDER (default: ${DEFAULT-VALUE}).")
    private int pictures;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "32",
            description = "Pictures that go through the network at once (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "7",
            description = "Turns through the folder; there are three times as many turns of single pictures (default:"
                    + " ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "auto",
            description = "auto, cpu, cuda or cuda:N (default: ${DEFAULT-VALUE}).")
    private String device = "auto";

    @Option(
            names = "--keep",
            paramLabel = "DIR",
            description = "Where model.pth and pictures/ are made, to be kept; else they are deleted afterwards.")
    private Optional<Path> keep = Optional.empty();

    @Option(
            names = "--paced",
            description = "For taking turns with another program: waits for lines on standard input, 'forward' or"
                    + " 'folder', and answers each by the time of all bare passes or of the whole folder.")
    private boolean paced;

    @Mixin
    private BenchReport report = new BenchReport();

    @Override
    public Integer call() throws IOException {
        check();
        Natives.announce();
        if (keep.isPresent()) {
            measureIn(keep.get());
        } else if (folder.isPresent()) {
            measure(model.orElseThrow(), folder.get());
        } else {
            Path made = Files.createTempDirectory("contrast4j-bench");
            try {
                measureIn(made);
            } finally {
                BenchPictures.delete(made);
            }
        }
        return 0;
    }

    private void check() {
        require("--pictures", pictures, 65_536);
        require("--batch", batch, 65_536);
        require("--rounds", rounds, 100_000);
        if (!device.matches("auto|cpu|cuda(:\\d{1,3})?")) {
            throw wrong("--device " + device + " must be auto, cpu, cuda or cuda:N");
        }
        if (keep.isPresent() && folder.isPresent()) {
            throw wrong("--keep " + keep.get() + " is for pictures that are made, and " + folder.get() + " is given");
        }
        report.check(Objects.requireNonNull(spec).commandLine());
    }

    private void require(String option, int value, int most) {
        if (value < 1 || value > most) {
            throw wrong(option + " " + value + " must be 1 to " + most);
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
    }

    /** Makes what is not given, then measures. */
    private void measureIn(Path place) throws IOException {
        Path made = place.resolve("pictures");
        try {
            Files.createDirectories(made);
            BenchPictures.plain(made, pictures);
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    "Cannot write pictures to " + made + " (" + Reasons.of(failed) + "): " + Reasons.remedy(failed)
                            + ".",
                    failed);
        }
        measure(model.isPresent() ? model.get() : random(place.resolve("model.pth")), made);
    }

    private static Path random(Path file) {
        Backbone.Config encoder = NamedEncoder.of("torchvision-resnet", USUAL);
        torch.manual_seed(SEED);
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Backbone network = arena.own(() -> encoder.build(3));
            PthFile.write(file, PublishedNames.of(StateDict.of(network.module())));
        }
        return file;
    }

    private void measure(Path chosen, Path pictures) throws IOException {
        List<Path> files = BenchPictures.in(pictures);
        try (EmbedBench bench = new EmbedBench(chosen, files, batch, device)) {
            if (paced) {
                answer(bench);
            } else {
                table(bench, files.size());
            }
        }
    }

    private void table(EmbedBench bench, int count) {
        System.out.println(
                "machine   " + String.join(", ", BenchReport.machine().values()));
        System.out.println("model     " + model.map(Path::toString).orElse("ResNet-18 with random weights") + ", "
                + bench.about());
        System.out.println("threads   " + torch.get_num_threads());
        System.out.println("pictures  " + count + " in " + bench.batches() + " batches");
        System.out.println();
        bench.single(2);
        EmbedBench.Single single = bench.single(3 * rounds);
        System.out.printf(
                Locale.ROOT,
                "a picture      reading %.2f + preprocessing %.2f + forward pass %.2f = %.2f;  embed(file) %.2f, adds"
                        + " %+.3f%n",
                single.parts().read(),
                single.parts().prepare(),
                single.parts().forward(),
                single.direct(),
                single.call(),
                single.adds());
        bench.folder(1);
        EmbedBench.Folder whole = bench.folder(rounds);
        System.out.printf(
                Locale.ROOT,
                "the folder     forward passes %.1f;  embedEach(files) %.1f, %.3f times as long, %.1f pictures/s%n",
                whole.forward(),
                whole.folder(),
                whole.ratio(),
                count * 1000 / whole.folder());
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("threads", torch.get_num_threads());
        figures.put("pictures", count);
        figures.put("batch", batch);
        figures.put("rounds", rounds);
        figures.put("single", single);
        figures.put("folder", whole);
        report.write(figures);
    }

    /** One measurement for each line that comes in. */
    private static void answer(EmbedBench bench) throws IOException {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                System.out.printf(Locale.ROOT, "%.3f%n", line.equals("forward") ? bench.forward() : bench.folder());
                System.out.flush();
            }
        }
    }
}
