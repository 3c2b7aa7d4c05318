package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "config",
        description = "Checks a configuration and prints every value with the place it comes from.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExample:%n",
        footer = "  contrast4j config conf/quickstart.conf train.epochs=3")
final class ConfigCommand implements Callable<Integer> {
    @Mixin
    private Conf conf = new Conf();

    @Override
    public Integer call() {
        ConfigFile file = conf.load();
        System.out.print(file.renderWithSources(RunConfig.class));
        file.bind(RunConfig.class); // after the values, which are good to know also where the pictures are missing
        return 0;
    }
}
