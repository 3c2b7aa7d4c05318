package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.data.Views;
import io.contrast4j.nn.Anatomy;
import io.contrast4j.nn.Backbone;
import io.contrast4j.spec.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "show",
        description = {
            "Shows the layers of an encoder: the shapes that come out of them for one picture, their parameters and"
                    + " multiply-adds, the features that linear classifiers of frozen layers take, and the memory of training.",
            "",
            "Not indented are the layers that can be tapped, each with the sums of the modules below it. The shapes are"
                    + " those of a real forward pass. Multiply-adds are those of convolutions and linear layers."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j model show alexnet",
            "  contrast4j model show resnet depth=18 width=0.5 --input 1x224x224",
            "  contrast4j model show conf/quickstart.conf encoder.depth=50"
        })
final class ModelShowCommand implements Runnable {
    private static final PictureShape USUAL = new PictureShape(3, 224, 224);

    @Parameters(
            index = "0",
            paramLabel = "NAME|CONF",
            description = "A type of encoder, as 'contrast4j model list' names them; or a configuration, whose encoders"
                    + " are shown with the channels and sizes of its views.")
    private String subject = "";

    @Parameters(
            index = "1..*",
            paramLabel = "KEY=VALUE",
            description = "Options of the encoder, such as depth=18; with CONF, keys of the configuration, such as"
                    + " encoder.depth=18.")
    private List<String> overrides = List.of();

    @Option(
            names = "--input",
            paramLabel = "CxHxW",
            converter = PictureShape.Converter.class,
            description = "Channels, height and width of the pictures (3x224x224; with CONF, those of its crops).")
    private Optional<PictureShape> input = Optional.empty();

    @Override
    public void run() {
        List<String> known = NamedEncoder.names();
        if (known.contains(subject)) {
            Backbone.Config encoder = NamedEncoder.of(subject, overrides);
            show(encoder, Map.of(input.orElse(USUAL), List.of()), Optional.empty());
        } else if (subject.endsWith(".conf") || Files.isRegularFile(Path.of(subject))) {
            RunConfig run = ConfigFile.load(Path.of(subject), overrides).bindWithoutFiles(RunConfig.class);
            show(
                    run.encoder(),
                    inputs(run.views().random()),
                    Optional.of(run.train().batchSize()));
        } else {
            throw new UserError(
                    UserError.USAGE,
                    "'" + subject + "' is neither an encoder nor a configuration; the encoders are "
                            + String.join(", ", known)
                            + ", and a configuration is a file such as conf/quickstart.conf.");
        }
    }

    /** The names of the views by the shape of their pictures. */
    private Map<PictureShape, List<String>> inputs(Views views) {
        if (input.isPresent() && input.get().channels() != USUAL.channels()) {
            throw new UserError(
                    UserError.USAGE,
                    "--input " + input.get() + " must have 3 channels with a configuration: its views divide the"
                            + " channels of colour pictures among them.");
        }
        return IntStream.range(0, views.count())
                .boxed()
                .collect(Collectors.groupingBy(
                        view -> new PictureShape(
                                views.channels(view),
                                input.map(PictureShape::height).orElse(views.size(view)),
                                input.map(PictureShape::width).orElse(views.size(view))),
                        LinkedHashMap::new,
                        Collectors.mapping(view -> views.names().get(view), Collectors.toList())));
    }

    private void show(Backbone.Config encoder, Map<PictureShape, List<String>> inputs, Optional<Integer> batch) {
        for (PictureShape shape : inputs.keySet()) {
            encoder.sizeProblem(shape.height(), shape.width()).ifPresent(problem -> {
                throw new UserError(UserError.USAGE, "--input " + shape + ": the sides must be " + problem + ".");
            });
        }
        Natives.announce();
        inputs.forEach((shape, views) -> {
            Anatomy anatomy = Anatomy.of(encoder, shape.channels(), shape.height(), shape.width());
            String each = views.size() == 1 ? " for the view " : " for each of the views ";
            String of = views.isEmpty() ? "" : each + String.join(", ", views);
            System.out.println(ModelTable.title(encoder) + of);
            System.out.println();
            System.out.println(ModelTable.layers(anatomy));
            System.out.println(ModelTable.linearClassifiers(encoder, anatomy));
            System.out.println(ModelTable.memory(anatomy, batch));
        });
    }
}
