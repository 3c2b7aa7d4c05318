package io.contrast4j.cli;

import io.contrast4j.embed.Embedder;
import io.contrast4j.embed.PictureIndex;
import io.contrast4j.embed.PictureIndexer;
import io.contrast4j.embed.UnreadablePicture;
import io.contrast4j.metrics.TaskProgress;
import io.contrast4j.spec.UserError;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "build",
        description = {
            "Makes an index of the pictures in a folder and below, or brings one up to date.",
            "",
            "Only pictures that are new or have changed are embedded; those that are gone are taken out. Then some pictures"
                    + " are looked for in the index and by comparing all, and the share of neighbours that the index finds"
                    + " is printed."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j index build RUN photos --index photos.index",
            "  contrast4j index build RUN photos --index photos.index --rebuild --output embedding"
        })
final class IndexBuildCommand implements Runnable {
    private static final int QUERIES = 100;
    private static final int NEIGHBOURS = 10;

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Parameters(index = "1", paramLabel = "DIR", description = "The folder of pictures.")
    private Path folder = Path.of("");

    @Option(names = "--index", required = true, paramLabel = "INDEX", description = "The folder of the index.")
    private Path place = Path.of("");

    @Option(names = "--rebuild", description = "Makes it anew, whatever is there.")
    private boolean rebuild;

    @Option(
            names = "--queries",
            paramLabel = "N",
            description = "Pictures that it is tried with, 0 for none (${DEFAULT-VALUE}).")
    private int queries = QUERIES;

    @Override
    public void run() {
        if (queries < 0) {
            throw new UserError(UserError.USAGE, "--queries " + queries + " must be at least 0.");
        }
        try (Embedder embedder = model.load()) {
            PictureIndexer indexer = new PictureIndexer(place, embedder);
            PictureIndexer.Update update;
            try (Bar bar = new Bar()) {
                update = rebuild ? indexer.rebuild(folder, bar) : indexer.update(folder, bar);
            }
            if (update.size() == 0) {
                throw new UserError(
                        UserError.FAILED, "None of the pictures in " + folder + " can be read; check the path.");
            }
            System.out.printf(
                    Locale.ROOT,
                    "%s: %d pictures; %d new, %d changed, %d removed, %d as they were%s%n",
                    place,
                    update.size(),
                    update.added(),
                    update.changed(),
                    update.removed(),
                    update.kept(),
                    update.unreadable() > 0 ? "; left out: " + update.unreadable() : "");
            if (queries > 0 && update.size() > 1) {
                try (PictureIndex index = PictureIndex.open(place, embedder)) {
                    System.out.printf(
                            Locale.ROOT,
                            "recall of the %d nearest, against all compared: %.4f (%d queries)%n",
                            Math.min(NEIGHBOURS, index.size() - 1),
                            index.recall(queries, NEIGHBOURS),
                            Math.min(queries, index.size()));
                }
            }
        }
    }

    private static final class Bar implements PictureIndexer.Progress, AutoCloseable {
        private Optional<TaskProgress> progress = Optional.empty();

        @Override
        public void begin(int pictures) {
            progress = Optional.of(new TaskProgress("embedding", TaskProgress.Unit.PICTURES, 0, pictures));
        }

        @Override
        public void done() {
            progress.ifPresent(bar -> bar.add(1));
        }

        @Override
        public void unreadable(UnreadablePicture picture) {
            progress.ifPresent(TaskProgress::clear);
            System.err.println("contrast4j: " + picture.getMessage());
        }

        @Override
        public void close() {
            progress.ifPresent(TaskProgress::close);
        }
    }
}
