package io.contrast4j.cli;

import io.contrast4j.data.CropViews;
import io.contrast4j.image.CenterCrop;
import io.contrast4j.image.ColorSpace;
import io.contrast4j.image.Normalization;
import io.contrast4j.image.Resize;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What an evaluation judges; {@code type} in a configuration says which kind. */
sealed interface JudgedModel {
    /** Pictures that are encoded at a time. */
    int batchSize();

    /**
     * A trained network.
     *
     * @param path a checkpoint of any known source, safetensors, or the folder of a run
     * @param part of the file that is the encoder; the usual one if it is not said
     * @param outputs layers, exits, embedding or logits, each judged by itself; none for the one that its run is evaluated on
     * @param views whose features stand side by side; none for those that its run is evaluated on
     * @param settings {@code key=value} of views and encoder, which win over what the file says
     */
    @TypeName("file")
    record File(
            Path path,
            Optional<String> part,
            List<String> outputs,
            List<String> views,
            List<String> settings,
            int batchSize)
            implements JudgedModel {
        public File {
            outputs = List.copyOf(outputs);
            views = List.copyOf(views);
            settings = List.copyOf(settings);
            new Problems()
                    .require(
                            outputs.stream().distinct().count() == outputs.size(),
                            "outputs",
                            outputs,
                            "different layers")
                    .atLeast("batchSize", batchSize, 1)
                    .raise();
        }
    }

    /**
     * The values of the pixels themselves, 0 to 1, of the middle of a picture.
     *
     * @param size side of the square in pixels; the shorter side is scaled to it
     * @param channels of red, green and blue, counted from 0
     */
    @TypeName("pixels")
    record Pixels(int size, List<Integer> channels, int batchSize) implements JudgedModel {
        public Pixels {
            channels = List.copyOf(channels);
            new Problems()
                    .between("size", size, 1, 4096)
                    .require(
                            !channels.isEmpty() && channels.stream().allMatch(c -> c >= 0 && c < ColorSpace.CHANNELS),
                            "channels",
                            channels,
                            "out of 0, 1 and 2")
                    .atLeast("batchSize", batchSize, 1)
                    .raise();
        }

        CropViews.Config views() {
            return new CropViews.Config(
                    1,
                    size,
                    List.of(new Resize.Config(size), new CenterCrop.Config()),
                    ColorSpace.RGB,
                    List.of(channels),
                    Optional.of(new Normalization(List.of(0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0))),
                    Optional.empty(),
                    new CropViews.Config.Central(Optional.of(size), size));
        }
    }
}
