package io.contrast4j.cli;

import io.contrast4j.embed.Embedder;
import io.contrast4j.embed.PictureIndex;
import io.contrast4j.spec.UserError;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "search",
        description = "Shows which pictures in an index are most similar to a picture.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j index search RUN photos.index --query cat.jpg",
            "  contrast4j index search RUN photos.index --query cat.jpg -k 30 --sheet cats.png"
        })
final class IndexSearchCommand implements Runnable {
    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Parameters(index = "1", paramLabel = "INDEX", description = "What 'index build' made, with the same model.")
    private Path place = Path.of("");

    @Option(
            names = "--query",
            required = true,
            paramLabel = "FILE",
            description = "A picture; may be given many times.")
    private List<Path> queries = List.of();

    @Option(names = "-k", paramLabel = "N", description = "Neighbours that are shown (${DEFAULT-VALUE}).")
    private int k = 10;

    @Option(names = "--sheet", paramLabel = "PNG", description = "Where they are drawn; nowhere if it is not given.")
    private @Nullable Path sheet;

    @Override
    public void run() {
        if (k < 1 || k > 1000) {
            throw new UserError(UserError.USAGE, "-k " + k + " must be between 1 and 1000.");
        }
        NeighbourSheet drawn = new NeighbourSheet();
        try (Embedder embedder = model.load();
                PictureIndex index = PictureIndex.open(place, embedder)) {
            float[][] asked = embedder.embed(queries);
            for (int i = 0; i < queries.size(); i++) {
                List<NeighbourSheet.Found> found = index.nearest(asked[i], k).stream()
                        .map(hit -> new NeighbourSheet.Found(
                                index.folder().resolve(hit.name()), hit.name(), hit.similarity()))
                        .toList();
                NeighbourSheet.print(queries.get(i), found);
                drawn.add(queries.get(i), found);
            }
        }
        Optional.ofNullable(sheet).ifPresent(png -> {
            drawn.write(png);
            System.out.println("sheet: " + png);
        });
    }
}
