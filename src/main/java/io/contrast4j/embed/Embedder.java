package io.contrast4j.embed;

import io.contrast4j.model.Description;
import io.contrast4j.model.ModelFile;
import io.contrast4j.model.TrainedModel;
import io.contrast4j.nn.Backbone;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.BlasThreads;
import io.contrast4j.tensor.Scope;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A trained encoder: pictures in, vectors out.
 *
 * <p>It is loaded from a checkpoint of a run, the folder of a run, or a file that others published ({@code .pth} of the
 * known sources, safetensors). How a picture becomes the network's input is that of the run's evaluation, or of the
 * source's own one: resized, the middle cut out, converted and normalised.
 *
 * <pre>{@code
 * try (Embedder embedder = Embedder.load(Path.of(model))) {
 *     float[][] vectors = embedder.embed(List.of(Path.of(folder, "a.jpg"), Path.of(folder, "b.jpg")));
 *     System.out.println(vectors.length + " pictures, " + embedder.dimension() + " numbers each");
 *
 *     try (Neighbours known = Neighbours.of(vectors)) {
 *         for (Neighbours.Hit hit : known.nearest(embedder.embed(Path.of(folder, "a.jpg")), 2)) {
 *             System.out.printf("picture %d: similarity %.3f%n", hit.row(), hit.similarity());
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p>What the vectors are is chosen by {@link Builder#output}: the output of any layer, such as {@code pooled} (the
 * representation below the projection head, and the usual choice for other tasks), the unit-norm {@value #EMBEDDING} that
 * was trained, or the {@value #LOGITS} of a classifier, where the file has one.
 *
 * <p>It may be used by any number of threads at once. Pictures are read and scaled on {@linkplain Builder#threads threads}
 * of its own, except where there is only one, which its caller reads; all passes through the network run on one more thread,
 * one after the other, each in all of LibTorch's threads ({@code OMP_NUM_THREADS}). The vectors of a call depend on nothing
 * but its pictures and the {@linkplain Builder#batchSize batch size}: they have the same bits, whatever else goes on. A
 * picture alone and the same one among others may differ in the last bits.
 *
 * <p>{@link #close} waits for the calls under way; those that come while it waits, or later, are refused.
 *
 * <p>Mistakes of users are a {@link UserError}, whose message is one sentence that can be shown to them: a file that is no
 * model, an output that it does not have, an {@link UnreadablePicture}.
 */
public final class Embedder implements AutoCloseable {
    /** The output that was trained: rows of Euclidean length 1, one for each view side by side. */
    public static final String EMBEDDING = Backbone.EMBEDDING;

    /** The output of a classifier. */
    public static final String LOGITS = TrainedModel.LOGITS;

    private static final String ONE = "the picture";
    private static final int PROBE = 8;

    private final Encoding model;
    private final String about;
    private final String identity;
    private final int dimension;
    private final List<String> classes;
    private final Passes passes;
    private final Use use = new Use("the embedder");

    /**
     * Loads a model with its own settings: see {@link #builder}.
     *
     * @param model as {@link #builder} takes it
     * @return the embedder, to be closed
     * @throws UserError as {@link Builder#load}
     */
    public static Embedder load(Path model) {
        return builder(model).load();
    }

    /**
     * Says which model to load, and how.
     *
     * @param model a checkpoint or safetensors file, or the folder of a run, whose latest checkpoint is taken
     * @return a builder, to say the rest
     */
    public static Builder builder(Path model) {
        return new Builder(model);
    }

    /** What is loaded, and how. What is not said is as the model's run, or its source, has it. */
    public static final class Builder {
        private final Path model;
        private Optional<String> output = Optional.empty();
        private Optional<String> part = Optional.empty();
        private List<String> views = List.of();
        private final List<String> settings = new ArrayList<>();
        private String device = "auto";
        private int batchSize = 32;
        private int threads = Runtime.getRuntime().availableProcessors();

        private Builder(Path model) {
            this.model = model;
        }

        /**
         * What the vectors are: {@value Embedder#EMBEDDING}, {@value Embedder#LOGITS}, or the name of a layer or exit. Maps
         * are flattened. Without it the layer that the run is evaluated on, or the last one below the head.
         *
         * @param name one of {@link Embedder#outputs}
         * @return this
         */
        public Builder output(String name) {
            this.output = Optional.of(name);
            return this;
        }

        /**
         * Which views of a picture are used, such as {@code l} of L and ab; without it those that the run is evaluated on.
         *
         * @param names of the views
         * @return this
         */
        public Builder views(List<String> names) {
            this.views = List.copyOf(names);
            return this;
        }

        /**
         * Which part of the file is the encoder, as {@code checkpoint inspect} names them: {@code key-encoder} of a MoCo.
         *
         * @param name of the part
         * @return this
         */
        public Builder part(String name) {
            this.part = Optional.of(name);
            return this;
        }

        /**
         * Another value for a key of the configuration, as {@code views.evaluation.size=160} or, for a network that cannot
         * be told by its tensors, {@code encoder.type=selfcon-vgg}. May be called often.
         *
         * @param keyAndValue {@code key=value}; keys begin with {@code views.} or {@code encoder.}
         * @return this
         */
        public Builder setting(String keyAndValue) {
            settings.add(keyAndValue);
            return this;
        }

        /**
         * Where to compute: auto (a GPU if there is one), cpu, cuda or cuda:N.
         *
         * @param name of the device
         * @return this
         */
        public Builder device(String name) {
            this.device = name;
            return this;
        }

        /**
         * Pictures that go through the network at once, 32 if it is not said.
         *
         * @param pictures 1 to 65,536
         * @return this
         */
        public Builder batchSize(int pictures) {
            this.batchSize = pictures;
            return this;
        }

        /**
         * Threads that read pictures, as many as there are processors if it is not said.
         *
         * @param count 1 to 1,024
         * @return this
         */
        public Builder threads(int count) {
            this.threads = count;
            return this;
        }

        /**
         * Loads the model. The first one of a process also loads LibTorch, which takes seconds.
         *
         * @return the embedder, to be closed
         * @throws UserError if the file cannot be read, is of no known source or does not fit the settings, if its network
         *     gives numbers that are not finite, or if there is no such device
         */
        public Embedder load() {
            try {
                new Problems()
                        .between("batchSize", batchSize, 1, 1 << 16)
                        .between("threads", threads, 1, 1 << 10)
                        .require(
                                device.matches("auto|cpu|cuda(:\\d{1,3})?"),
                                "device",
                                device,
                                "auto, cpu, cuda or cuda:N")
                        .raise();
            } catch (IllegalArgumentException wrong) {
                throw new UserError(UserError.USAGE, wrong.getMessage() + ".", wrong);
            }
            return new Embedder(this);
        }
    }

    private Embedder(Builder with) {
        BlasThreads.limit();
        ModelFile file = new ModelFile(with.model, with.part, with.settings);
        ModelIdentity read = new ModelIdentity(file.file());
        Description description;
        try (Scope scope = Scope.open()) {
            description = file.read();
            this.model = encoding(new TrainedModel(description, file.file().toString(), with.device), with);
            this.about = description.about();
        }
        this.passes = new Passes(model, with.batchSize, with.threads);
        try {
            this.identity = read.of(List.of(
                    model.output(), with.part, model.viewNames(), description.network(), description.loadSide()));
            float[] probe = embed(new BufferedImage(PROBE, PROBE, BufferedImage.TYPE_INT_RGB));
            requireFinite(probe, file.file());
            this.dimension = probe.length;
            List<String> names = classes(file);
            // Logits of several views stand side by side, and the names are of one.
            this.classes = names.size() == dimension ? List.copyOf(names) : List.of();
        } catch (RuntimeException | Error failed) {
            close();
            throw failed;
        }
    }

    private List<String> classes(ModelFile file) {
        if (!model.isClassification()) {
            return List.of();
        }
        List<String> saved = model.classes();
        return saved.isEmpty() ? file.classes() : saved;
    }

    private static Encoding encoding(TrainedModel model, Builder with) {
        try {
            return new Encoding(
                    model, model.output(with.output.orElseGet(model::usualOutput)), model.chosen(with.views));
        } catch (RuntimeException | Error failed) {
            model.close();
            throw failed;
        }
    }

    /** A network that diverged in training gives numbers that nothing can be compared with. */
    private static void requireFinite(float[] vector, Path file) {
        for (float value : vector) {
            if (!Float.isFinite(value)) {
                throw new UserError(
                        UserError.FAILED,
                        file
                                + " gives vectors that are not finite: its training diverged; take an earlier checkpoint.");
            }
        }
    }

    /** {@return what the model is from, as {@code a run of contrast4j}} */
    public String about() {
        return about;
    }

    /** {@return what the vectors are: a name as {@link Builder#output} takes it} */
    public String output() {
        return model.output();
    }

    /** {@return all that the vectors could be} */
    public Set<String> outputs() {
        return Set.copyOf(model.outputs());
    }

    /** {@return the length of the vectors} */
    public int dimension() {
        return dimension;
    }

    /** {@return the names of the classes that the numbers are the logits of, one for each; empty where they are no logits, or none is known} */
    public List<String> classes() {
        return classes;
    }

    /**
     * Tells apart what makes other vectors: a hash of the model's file, the part, the output and the views, of what the network is and
     * how a picture becomes its input, 64 digits. Of two embedders with the same one, vectors can be compared.
     *
     * @return hexadecimal digits
     */
    public String identity() {
        return identity;
    }

    /**
     * The vectors of picture files.
     *
     * @param files of pictures
     * @return one for each, in the same order
     * @throws UnreadablePicture for the first that cannot be read
     * @throws IllegalStateException if this embedder is closed
     * @throws java.util.concurrent.CancellationException if the calling thread is interrupted while it reads a picture,
     *     which it does only where there is one; the picture may be in order
     */
    public float[][] embed(List<Path> files) {
        return all(files.stream().map(Picture::of).toList(), Optional.empty());
    }

    /**
     * The vectors of pictures from anywhere; otherwise as {@link #embed(List)}.
     *
     * @param pictures from files or memory
     * @return one for each, in the same order
     */
    public float[][] embedAll(List<Picture> pictures) {
        return all(pictures, Optional.empty());
    }

    /**
     * The vectors of pictures of which some may be damaged.
     *
     * @param pictures from files or memory
     * @param unreadable is told of each that cannot be read, in their order and on the calling thread
     * @return one for each, in the same order; of length 0 for those that cannot be read
     * @throws IllegalStateException if this embedder is closed
     */
    public float[][] embedAll(List<Picture> pictures, Consumer<UnreadablePicture> unreadable) {
        return all(pictures, Optional.of(unreadable));
    }

    /**
     * The vector of a picture file; otherwise as {@link #embed(List)}.
     *
     * @param file of a picture
     * @return its vector
     */
    public float[] embed(Path file) {
        return embed(Picture.of(file));
    }

    /**
     * The vector of an image in memory; otherwise as {@link #embed(List)}.
     *
     * @param image of any type
     * @return its vector
     */
    public float[] embed(BufferedImage image) {
        return embed(Picture.of(image, ONE));
    }

    /**
     * The vector of a picture whose file has this content; otherwise as {@link #embed(List)}.
     *
     * @param content of a picture's file
     * @return its vector
     */
    public float[] embed(byte[] content) {
        return embed(Picture.of(content, ONE));
    }

    /**
     * The vector of a picture whose file has the rest of a stream as its content; otherwise as {@link #embed(List)}.
     *
     * @param content of a picture's file, which is read to its end
     * @return its vector
     * @throws IOException if the stream fails; it is not closed
     */
    public float[] embed(InputStream content) throws IOException {
        return embed(Picture.of(content, ONE));
    }

    /**
     * The vector of a picture; otherwise as {@link #embed(List)}.
     *
     * @param picture from a file or memory
     * @return its vector
     */
    public float[] embed(Picture picture) {
        return all(List.of(picture), Optional.empty())[0];
    }

    private float[][] all(List<Picture> pictures, Optional<Consumer<UnreadablePicture>> leaveOut) {
        float[][] vectors = new float[pictures.size()][];
        List<UnreadablePicture> unreadable = new ArrayList<>();
        embedEach(pictures, new Receiver() {
            @Override
            public void vector(int index, float[] vector) {
                vectors[index] = vector;
            }

            @Override
            public void unreadable(UnreadablePicture picture) {
                if (leaveOut.isEmpty()) {
                    throw picture;
                }
                vectors[picture.index()] = new float[0];
                unreadable.add(picture);
            }
        });
        // When the model is not in use any more: what is told may close it.
        leaveOut.ifPresent(told -> unreadable.forEach(told));
        return vectors;
    }

    /** Takes vectors one after the other, in the order of their pictures, on the thread that embeds. */
    @FunctionalInterface
    public interface Receiver {
        /**
         * Takes the vector of a picture.
         *
         * @param index position of its picture, from 0
         * @param vector of length {@link Embedder#dimension}; it is the receiver's
         */
        void vector(int index, float[] vector);

        /**
         * A picture without a vector. What is thrown here ends the call; where this is not overridden that is the picture.
         *
         * @param picture which one, and why
         */
        default void unreadable(UnreadablePicture picture) {
            throw picture;
        }
    }

    /**
     * The vectors of so many pictures that they are better not held in memory. They come batch by batch, while later
     * pictures are being read.
     *
     * @param pictures from files or memory
     * @param receiver must not close this embedder
     * @throws IllegalStateException if this embedder is closed
     */
    public void embedEach(List<Picture> pictures, Receiver receiver) {
        List<Picture> fixed = List.copyOf(pictures);
        use.in(() -> passes.give(fixed, receiver));
    }

    /** Waits for the calls under way on other threads, then frees the model. Later calls are refused. */
    @Override
    public void close() {
        if (use.isOfThisThread()) {
            throw new IllegalStateException("the embedder cannot be closed by what receives its vectors");
        }
        use.close(passes::close);
    }
}
