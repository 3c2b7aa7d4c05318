package io.contrast4j.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.UserError;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import javax.imageio.ImageIO;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.store.FSDirectory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An index that follows its folder, of vectors wider than Lucene's default limit. */
class PictureIndexTest {
    private static final int PICTURES = 120;

    @TempDir
    Path folder;

    /** Says nothing but counts. */
    private static class Counting implements PictureIndexer.Progress {
        private int begun;
        private int done;
        private final List<String> unreadable = new ArrayList<>();

        @Override
        public void begin(int pictures) {
            begun = pictures;
        }

        @Override
        public void done() {
            done++;
        }

        @Override
        public void unreadable(UnreadablePicture picture) {
            unreadable.add(picture.getMessage());
        }
    }

    private static void draw(Path file, long seed) throws IOException {
        CounterRandom random = CounterRandom.of(seed);
        BufferedImage image = new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        for (int i = 0; i < 12; i++) {
            graphics.setColor(new Color(random.nextInt(256), random.nextInt(256), random.nextInt(256)));
            graphics.fillOval(random.nextInt(40), random.nextInt(40), 4 + random.nextInt(20), 4 + random.nextInt(20));
        }
        graphics.dispose();
        ImageIO.write(image, "png", file.toFile());
    }

    @Test
    void itFollowsItsFolderAndFindsWhatAnExactSearchFinds() throws IOException {
        Path pictures = Files.createDirectories(folder.resolve("pictures/below"));
        for (int i = 0; i < PICTURES; i++) {
            draw((i % 2 == 0 ? pictures : pictures.getParent()).resolve(i + ".png"), i);
        }
        Path root = pictures.getParent();
        Path place = folder.resolve("index");
        // 2·32·32 numbers, as many as ResNet-50's.
        try (Embedder embedder = Embedder.builder(Models.tiny(folder.resolve("tiny.pth")))
                .output("stem")
                .load()) {
            assertThat(embedder.dimension()).isEqualTo(2048);
            PictureIndexer indexer = new PictureIndexer(place, embedder);
            Counting first = new Counting();
            assertThat(indexer.update(root, first)).isEqualTo(new PictureIndexer.Update(PICTURES, 0, 0, 0, 0));
            assertThat(first.done).isEqualTo(PICTURES).isEqualTo(first.begun);

            try (PictureIndex index = PictureIndex.open(place, embedder)) {
                assertThat(index.size()).isEqualTo(PICTURES);
                assertThat(index.folder()).isEqualTo(root.toAbsolutePath());
                List<PictureIndex.Hit> hits = index.nearest(embedder.embed(pictures.resolve("6.png")), 5);
                assertThat(hits).hasSize(5);
                assertThat(hits.get(0).name()).isEqualTo("below/6.png");
                assertThat(hits.get(0).similarity()).isCloseTo(1f, within(1e-5f));
                assertThat(index.recall(50, 10)).isGreaterThan(0.97).isLessThanOrEqualTo(1);
            }

            // One is gone, one is new, one has changed, one is damaged.
            Files.delete(pictures.resolve("6.png"));
            draw(root.resolve("new.png"), 1000);
            draw(root.resolve("7.png"), 1001);
            Files.setLastModifiedTime(root.resolve("7.png"), FileTime.fromMillis(1_000_000));
            Files.writeString(root.resolve("9.png"), "no picture");
            Counting second = new Counting();
            assertThat(indexer.update(root, second)).isEqualTo(new PictureIndexer.Update(1, 1, 1, PICTURES - 3, 1));
            assertThat(second.begun).isEqualTo(3);
            assertThat(second.unreadable).hasSize(1).first().asString().contains("9.png");
            try (PictureIndex index = PictureIndex.open(place, embedder)) {
                assertThat(index.size()).isEqualTo(PICTURES - 1);
                assertThat(index.nearest(embedder.embed(root.resolve("7.png")), 1))
                        .first()
                        .extracting(PictureIndex.Hit::name)
                        .isEqualTo("7.png");
                assertThat(index.nearest(embedder.embed(root.resolve("7.png")), PICTURES))
                        .extracting(PictureIndex.Hit::name)
                        .contains("new.png")
                        .doesNotContain("9.png", "below/6.png");
            }
            // Lucene by itself reads it.
            try (FSDirectory directory = FSDirectory.open(place);
                    DirectoryReader reader = DirectoryReader.open(directory)) {
                assertThat(reader.numDocs()).isEqualTo(PICTURES - 1);
            }
        }
    }

    @Test
    void anIndexOfAnotherModelIsRefused() throws IOException {
        Path pictures = Files.createDirectories(folder.resolve("pictures"));
        draw(pictures.resolve("a.png"), 1);
        Path model = Models.tiny(folder.resolve("tiny.pth"));
        Path place = folder.resolve("index");
        try (Embedder pooled = Embedder.builder(model).output("pooled").load();
                Embedder embedding = Embedder.builder(model).output("embedding").load();
                Embedder wide = Embedder.builder(model)
                        .output("stem")
                        .setting("views.evaluation { resize = 128, size = 128 }")
                        .load()) {
            refused(() -> PictureIndex.open(place, pooled), "There is no index in " + place);
            assertThat(place).doesNotExist();
            new PictureIndexer(place, pooled).update(pictures, new Counting());
            String other =
                    "was built by another model or with other settings (a run of contrast4j, pooled of 16 numbers";
            refused(() -> PictureIndex.open(place, embedding), other);
            refused(() -> new PictureIndexer(place, embedding).update(pictures, new Counting()), other);
            assertThat(new PictureIndexer(place, embedding)
                            .rebuild(pictures, new Counting())
                            .size())
                    .isEqualTo(1);
            try (PictureIndex index = PictureIndex.open(place, embedding)) {
                assertThat(index.recall(10, 10)).isEqualTo(1);
            }
            refused(() -> new PictureIndexer(place, wide), "at most 16384 can be indexed");
            Path folderOfNone = Files.createDirectories(folder.resolve("none"));
            refused(() -> new PictureIndexer(place, embedding).update(folderOfNone, new Counting()), "has no pictures");
            Path damaged = Files.list(place)
                    .filter(file -> file.getFileName().toString().startsWith("segments_"))
                    .findFirst()
                    .orElseThrow();
            Files.write(damaged, new byte[] {1, 2, 3});
            refused(() -> PictureIndex.open(place, embedding), "is damaged or of another version");
            refused(
                    () -> new PictureIndexer(place, embedding).update(pictures, new Counting()),
                    "is damaged or of another version; build it anew with --rebuild.");
            assertThat(new PictureIndexer(place, embedding)
                            .rebuild(pictures, new Counting())
                            .size())
                    .isEqualTo(1);
            refused(
                    () -> new PictureIndexer(pictures, embedding).rebuild(pictures, new Counting()),
                    "has other files than an index's (a.png)");
            refused(
                    () -> new PictureIndexer(model, embedding).update(pictures, new Counting()),
                    "is a file; name a folder for the index.");
        }
    }

    /** Lucene deletes files that have names like its own; those of cameras begin with an underscore, too. */
    @Test
    void noFileOfTheUserIsEverDeleted() throws IOException {
        Path pictures = Files.createDirectories(folder.resolve("pictures"));
        draw(pictures.resolve("a.png"), 1);
        Path place = folder.resolve("index");
        try (Embedder embedder =
                Embedder.builder(Models.tiny(folder.resolve("tiny.pth"))).load()) {
            for (String name : List.of("_DSC1.JPG", "_img0001.jpg", "_0.cfs", "_cv.doc", "segments.txt")) {
                Path other = Files.createDirectories(folder.resolve("of" + name));
                Path kept = Files.writeString(other.resolve(name), "mine");
                PictureIndexer indexer = new PictureIndexer(other, embedder);
                String message = "has other files than an index's (" + name + "); name another one.";
                refused(() -> indexer.rebuild(pictures, new Counting()), message);
                refused(() -> indexer.update(pictures, new Counting()), message);
                assertThat(kept).hasContent("mine");
            }

            PictureIndexer indexer = new PictureIndexer(place, embedder);
            indexer.update(pictures, new Counting());
            for (String name : List.of("_DSC1.JPG", "_img0001.jpg")) {
                Path kept = Files.writeString(place.resolve(name), "mine");
                refused(() -> indexer.rebuild(pictures, new Counting()), "(" + name + ")");
                refused(() -> indexer.update(pictures, new Counting()), "(" + name + ")");
                assertThat(kept).hasContent("mine");
                Files.delete(kept);
            }
            assertThat(indexer.rebuild(pictures, new Counting()).added()).isEqualTo(1);
        }
    }

    @Test
    void anotherFolderOrNoneLeavesTheIndexAsItIs() throws IOException {
        Path pictures = Files.createDirectories(folder.resolve("pictures"));
        draw(pictures.resolve("a.png"), 1);
        draw(pictures.resolve("b.png"), 2);
        Path others = Files.createDirectories(folder.resolve("others"));
        draw(others.resolve("c.png"), 3);
        Path empty = Files.createDirectories(folder.resolve("empty"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), pictures);
        Path place = folder.resolve("index");
        try (Embedder embedder =
                Embedder.builder(Models.tiny(folder.resolve("tiny.pth"))).load()) {
            PictureIndexer indexer = new PictureIndexer(place, embedder);
            indexer.update(pictures, new Counting());
            refused(
                    () -> indexer.update(others, new Counting()),
                    "is of the pictures in " + pictures + ", and not of those in " + others
                            + "; name another --index, or make it anew with --rebuild.");
            refused(() -> indexer.rebuild(empty, new Counting()), "has no pictures");
            refused(() -> indexer.rebuild(folder.resolve("none"), new Counting()), "There is no folder");
            assertThat(indexer.update(link, new Counting())).isEqualTo(new PictureIndexer.Update(0, 0, 0, 2, 0));
            try (PictureIndex index = PictureIndex.open(place, embedder)) {
                assertThat(index.size()).isEqualTo(2);
            }
            assertThat(indexer.rebuild(others, new Counting()).added()).isEqualTo(1);
        }
    }

    @Test
    void anInterruptedCallerLosesNoEntry() throws IOException {
        Path pictures = Files.createDirectories(folder.resolve("pictures"));
        draw(pictures.resolve("a.png"), 1);
        draw(pictures.resolve("b.png"), 2);
        Path place = folder.resolve("index");
        try (Embedder embedder =
                Embedder.builder(Models.tiny(folder.resolve("tiny.pth"))).load()) {
            PictureIndexer indexer = new PictureIndexer(place, embedder);
            indexer.update(pictures, new Counting());
            // One is read by the caller itself.
            Files.setLastModifiedTime(pictures.resolve("a.png"), FileTime.fromMillis(1_000_000));
            Counting interrupted = new Counting() {
                @Override
                public void begin(int count) {
                    Thread.currentThread().interrupt();
                }
            };
            Throwable thrown = catchThrowable(() -> indexer.update(pictures, interrupted));
            // Before anything else, for the sake of what comes.
            boolean noted = Thread.interrupted();
            assertThat(thrown).isInstanceOf(CancellationException.class).hasMessageContaining("a.png");
            assertThat(noted).isTrue();
            assertThat(interrupted.unreadable).isEmpty();
            try (PictureIndex index = PictureIndex.open(place, embedder)) {
                assertThat(index.size()).isEqualTo(2);
            }
            assertThat(indexer.update(pictures, new Counting())).isEqualTo(new PictureIndexer.Update(0, 1, 0, 1, 0));
        }
    }

    private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(UserError.class).hasMessageContaining(message);
    }

    @Test
    void allAreFoundWhereMoreAreAskedForThanThereAre() throws IOException {
        Path pictures = Files.createDirectories(folder.resolve("pictures"));
        for (int i = 0; i < 70; i++) {
            draw(pictures.resolve(i + ".png"), i);
        }
        Path place = folder.resolve("index");
        try (Embedder embedder = Embedder.load(Models.tiny(folder.resolve("tiny.pth")))) {
            new PictureIndexer(place, embedder).update(pictures, new Counting());
            try (PictureIndex index = PictureIndex.open(place, embedder)) {
                float[] query = embedder.embed(pictures.resolve("3.png"));
                assertThat(index.nearest(query, Integer.MAX_VALUE)).hasSize(70);
            }
        }
    }

    @Test
    void aVectorThatIsNotFiniteIsNamed() throws IOException {
        Path pictures = Files.createDirectories(folder.resolve("pictures"));
        draw(pictures.resolve("a.png"), 1);
        // What the model is tried with is black, and stays 0.
        try (Embedder embedder = Embedder.builder(Models.tiny(folder.resolve("tiny.pth")))
                .setting("views.normalization={mean=[0,0,0],deviation=[3e-39,3e-39,3e-39]}")
                .load()) {
            PictureIndexer indexer = new PictureIndexer(folder.resolve("index"), embedder);
            assertThatThrownBy(() -> indexer.update(pictures, new Counting()))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("is not finite for the picture a.png");
        }
    }
}
