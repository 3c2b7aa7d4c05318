package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.eval.FeatureQuality;
import io.contrast4j.eval.Features;
import io.contrast4j.spec.UserError;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "metrics",
        description = {
            "Tells what features are like, without labels: alignment of two random views of each test picture, uniformity,"
                    + " effective rank and hubness of the first view's, each output or exit for itself.",
            "Keys: quality.alpha, quality.t, quality.k; docs/evaluation.md says what the numbers are."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExample:%n",
        footer = "  contrast4j eval metrics runs/quickstart/TIME model.outputs=[layer4,pooled,embedding]")
final class EvalMetricsCommand implements Runnable {
    @Mixin
    private final Judged judged = new Judged();

    @Override
    public void run() {
        ConfigFile file = judged.load();
        EvalConfig config = file.bind(EvalConfig.class);
        try (Subject subject = Subject.open(config)) {
            if (subject.test().size() < 2) {
                throw new UserError(
                        UserError.USAGE,
                        "Metrics compare test pictures with each other, and there is but one of them.");
            }
            EvalResults results = EvalResults.open("metrics", config, file, subject);
            EvalTable table = new EvalTable(List.of("alignment", "uniformity", "effective-rank", "hubness", "orphans"));
            List<List<Features>> views = subject.viewsOfTest();
            for (int output = 0; output < subject.outputs().size(); output++) {
                try (Features one = views.get(0).get(output);
                        Features other = views.get(1).get(output)) {
                    FeatureQuality quality = FeatureQuality.of(config.quality(), one.values(), other.values());
                    table.row(
                            subject.outputs().get(output),
                            quality.alignment(),
                            quality.uniformity(),
                            quality.effectiveRank(),
                            quality.hubness(),
                            quality.orphans());
                }
            }
            results.put("metrics", table.rows());
            results.complete();
        }
    }
}
