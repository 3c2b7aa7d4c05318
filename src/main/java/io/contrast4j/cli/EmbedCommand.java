package io.contrast4j.cli;

import io.contrast4j.embed.Embedder;
import io.contrast4j.embed.EmbeddingFormat;
import io.contrast4j.spec.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "embed",
        description = {
            "Writes the vectors of all pictures in a folder and below to a file.",
            "",
            "Rows are in the order of the folders and, in each, of the names. The ending of the file says what it is: .npy"
                    + " and .safetensors have the names of the pictures beside them, in NAME.files.txt; .csv and .arrow"
                    + " (Apache Arrow, Feather 2) hold them."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j embed runs/quickstart/TIME photos --out photos.npy",
            "  contrast4j embed checkpoints/moco_v2_800ep_pretrain.pth.tar photos --out photos.arrow",
            "  contrast4j embed RUN photos --output embedding --out photos.csv --skip-unreadable"
        })
final class EmbedCommand implements Runnable {
    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Parameters(index = "1", paramLabel = "DIR", description = "The folder of pictures.")
    private Path folder = Path.of("");

    @Option(names = "--out", required = true, paramLabel = "FILE", description = "The file to write.")
    private Path out = Path.of("");

    @Option(names = "--skip-unreadable", description = "Leaves out pictures that cannot be read, and names them.")
    private boolean skipUnreadable;

    @Option(names = "--force", description = "Replaces the file if it is there.")
    private boolean force;

    @Override
    public void run() {
        EmbeddingFormat format = EmbeddingFormat.of(out);
        Stream.of(out, format.names(out)).filter(Files::exists).findFirst().ifPresent(there -> {
            if (!force) {
                throw new UserError(UserError.USAGE, there + " is there already; name another file, or use --force.");
            }
        });
        FolderEmbedding pictures = new FolderEmbedding(folder);
        FolderEmbedding.Unreadable policy =
                skipUnreadable ? FolderEmbedding.Unreadable.SKIP : FolderEmbedding.Unreadable.FAIL;
        int[] left = {0};
        try (Embedder embedder = model.load()) {
            System.err.println("model: " + embedder.about() + ", " + embedder.output() + " of " + embedder.dimension()
                    + " numbers");
            format.write(out, embedder.dimension(), embedder.classes(), target -> {
                left[0] = pictures.embed(embedder, policy, (index, vector) -> target.add(pictures.name(index), vector));
            });
            System.out.printf(
                    Locale.ROOT,
                    "%s: %d × %d%s%s%n",
                    out,
                    pictures.files().size() - left[0],
                    embedder.dimension(),
                    format.names(out).equals(out) ? "" : ", names in " + format.names(out),
                    left[0] > 0 ? "; left out: " + left[0] : "");
        }
    }
}
