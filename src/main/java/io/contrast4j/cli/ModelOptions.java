package io.contrast4j.cli;

import io.contrast4j.embed.Embedder;
import io.contrast4j.spec.UserError;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The arguments of every command that embeds pictures: which model, and how. */
final class ModelOptions {
    @Parameters(
            index = "0",
            paramLabel = "MODEL",
            description = "A run's folder or checkpoint, or a published checkpoint of a known source, or safetensors.")
    private Path model = Path.of("");

    @Option(
            names = "--output",
            paramLabel = "NAME",
            description =
                    "What a vector is: embedding (unit norm, as it was trained), logits (of a classifier), or a layer"
                            + " or exit such as pooled. Without it the layer that the run is evaluated on, or the last one below the"
                            + " head.")
    private @Nullable String output;

    @Option(
            names = "--part",
            paramLabel = "PART",
            description =
                    "Which part of the file is the encoder, as 'checkpoint inspect' names them, such as key-encoder.")
    private @Nullable String part;

    @Option(
            names = "--views",
            paramLabel = "VIEW",
            split = ",",
            description = "Views that are used, such as l; those that the run is evaluated on if none is named.")
    private List<String> views = List.of();

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description =
                    "Another value for a key of views or encoder, such as views.evaluation.size=160; may be given many"
                            + " times.")
    private List<String> settings = List.of();

    @Option(names = "--device", paramLabel = "NAME", description = "auto, cpu, cuda or cuda:N (${DEFAULT-VALUE}).")
    private String device = "auto";

    @Option(names = "--batch-size", paramLabel = "N", description = "Pictures at a time (${DEFAULT-VALUE}).")
    private int batchSize = 32;

    @Option(names = "--threads", paramLabel = "N", description = "Threads that read pictures; one for each processor.")
    private int threads = Runtime.getRuntime().availableProcessors();

    /** The model, loaded. */
    Embedder load() {
        require("--batch-size", batchSize);
        require("--threads", threads);
        Natives.announce();
        Embedder.Builder builder = Embedder.builder(model)
                .views(views)
                .device(device)
                .batchSize(batchSize)
                .threads(threads);
        if (output != null) {
            builder.output(output);
        }
        if (part != null) {
            builder.part(part);
        }
        settings.forEach(builder::setting);
        return builder.load();
    }

    private static void require(String option, int value) {
        if (value < 1) {
            throw new UserError(UserError.USAGE, option + " " + value + " must be at least 1.");
        }
    }
}
