package io.contrast4j.embed;

import io.contrast4j.checkpoint.OrderedDict;
import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.checkpoint.PublishedNames;
import io.contrast4j.config.ConfigFile;
import io.contrast4j.model.Description;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.global.torch;

/** Small models and pictures to embed. */
public final class Models {
    /** The settings of {@link #tiny}. */
    public static final String[] TINY = {
        "views=${recipes.ring-32}",
        "encoder { type = torchvision-resnet, depth = 18, channels = 2, stem = cifar, head = mlp, feature-dim = 4 }"
    };

    private Models() {}

    /** A checkpoint as a run writes it, of random weights. */
    public static Path run(Path file, Function<Description.Network, Module> network, String... settings) {
        return run(file, network, Map.of(), settings);
    }

    /** @param sections of the configuration, beside those that a network needs */
    public static Path run(
            Path file,
            Function<Description.Network, Module> network,
            Map<String, Object> sections,
            String... settings) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            ConfigFile config = ConfigFile.defaults(List.of(settings), ConfigFile.REFERENCE);
            torch.manual_seed(7);
            Module module = arena.own(() -> network.apply(config.bindWithoutFiles(Description.Network.class)));
            Map<String, Object> tree = new LinkedHashMap<>();
            Map<String, Object> options =
                    new LinkedHashMap<>(ConfigFile.values(config.render(Description.Network.class)));
            options.putAll(sections);
            options.put("eval", Map.of("tap", "layer4", "views", List.of()));
            tree.put("opt", options);
            tree.put("model", new OrderedDict(PublishedNames.of(StateDict.of(module))));
            tree.put("contrast4j", Map.of("format", 2L));
            PthFile.write(file, tree);
            return file;
        }
    }

    /** A run of one ResNet of two channels a stage, on crops of 32 pixels. */
    public static Path tiny(Path file) {
        return run(file, config -> config.encoder().build(3).module(), TINY);
    }

    /** The photographs that come with the program, as files. */
    static List<Path> photographs(Path folder) {
        List<Path> files = new ArrayList<>();
        for (String name : List.of("astronaut", "chelsea", "coffee", "ihc", "retina", "rocket")) {
            try (InputStream photo = Models.class.getResourceAsStream("/io/contrast4j/data/photos/" + name + ".jpg")) {
                Path file = Files.createDirectories(folder).resolve(name + ".jpg");
                Files.copy(photo, file);
                files.add(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return files;
    }
}
