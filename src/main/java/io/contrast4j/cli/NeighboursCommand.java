package io.contrast4j.cli;

import io.contrast4j.embed.Embedder;
import io.contrast4j.embed.Neighbours;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "neighbours",
        description = {
            "Shows which pictures in a folder are most similar to a picture, as a table and as a sheet of pictures.",
            "",
            "Similarity is the cosine of the angle between their vectors. All are compared: 'contrast4j index' is for"
                    + " folders that are asked often."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j neighbours runs/quickstart/TIME photos --query cat.jpg",
            "  contrast4j neighbours RUN photos --query a.jpg --query b.jpg -k 5 --output embedding"
        })
final class NeighboursCommand implements Runnable {
    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Parameters(index = "1", paramLabel = "DIR", description = "The folder of pictures.")
    private Path folder = Path.of("");

    @Option(
            names = "--query",
            required = true,
            paramLabel = "FILE",
            description = "A picture; may be given many times. If it is one of the folder it is not found.")
    private List<Path> queries = List.of();

    @Option(names = "-k", paramLabel = "N", description = "Neighbours that are shown (${DEFAULT-VALUE}).")
    private int k = 10;

    @Option(names = "--sheet", paramLabel = "PNG", description = "Where they are drawn (${DEFAULT-VALUE}).")
    private Path sheet = Path.of("neighbours.png");

    @Override
    public void run() {
        if (k < 1 || k > 1000) {
            throw new UserError(UserError.USAGE, "-k " + k + " must be between 1 and 1000.");
        }
        FolderEmbedding pictures = new FolderEmbedding(folder);
        List<Integer> places = new ArrayList<>();
        List<float[]> rows = new ArrayList<>();
        try (Embedder embedder = model.load()) {
            float[][] asked = embedder.embed(queries);
            pictures.embed(embedder, FolderEmbedding.Unreadable.SKIP, (index, vector) -> {
                places.add(index);
                rows.add(vector);
            });
            NeighbourSheet drawn = new NeighbourSheet();
            try (Neighbours known = Neighbours.of(rows.toArray(new float[0][]))) {
                // One more, as the query may be among them.
                List<List<Neighbours.Hit>> found = known.nearest(asked, k + 1);
                for (int i = 0; i < queries.size(); i++) {
                    Path query = queries.get(i);
                    List<NeighbourSheet.Found> others = found.get(i).stream()
                            .map(hit -> new NeighbourSheet.Found(
                                    pictures.files().get(places.get(hit.row())),
                                    pictures.name(places.get(hit.row())),
                                    hit.similarity()))
                            .filter(other -> !isSame(query, other.file()))
                            .limit(k)
                            .toList();
                    NeighbourSheet.print(query, others);
                    drawn.add(query, others);
                }
            }
            drawn.write(sheet);
            System.out.printf(Locale.ROOT, "sheet: %s%n", sheet);
        }
    }

    private static boolean isSame(Path query, Path file) {
        try {
            return Files.isSameFile(query, file);
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED, query + " cannot be read (" + Reasons.of(failed) + "); check it.", failed);
        }
    }
}
