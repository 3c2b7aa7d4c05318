package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.eval.Features;
import io.contrast4j.eval.Knn;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "knn",
        description = "Classifies pictures by their nearest neighbours.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j eval knn runs/quickstart/TIME",
            "  contrast4j eval knn conf/eval/knn.conf model.path=runs/quickstart/TIME knn.k=[5]"
        })
final class EvalKnnCommand implements Runnable {
    @Mixin
    private final Judged judged = new Judged();

    @Override
    public void run() {
        ConfigFile file = judged.load();
        EvalConfig config = file.bind(EvalConfig.class);
        try (Subject subject = Subject.open(config)) {
            EvalResults results = EvalResults.open("knn", config, file, subject);
            List<Map<String, Object>> rows = new ArrayList<>();
            List<Features> train = subject.trainFeatures();
            List<Features> test = subject.testFeatures();
            for (int output = 0; output < train.size(); output++) {
                for (int k : config.knn().k()) {
                    double accuracy = new Knn(new Knn.Config(k, config.knn().temperature()))
                            .accuracy(
                                    train.get(output),
                                    test.get(output),
                                    subject.classes().size());
                    System.out.printf(
                            Locale.ROOT,
                            "%-16s %6d %8.2f %%%n",
                            subject.outputs().get(output),
                            k,
                            accuracy);
                    Map<String, Object> row = new LinkedHashMap<>();
                    row.put("output", subject.outputs().get(output));
                    row.put("k", k);
                    row.put("top1", accuracy);
                    rows.add(row);
                }
            }
            train.forEach(Features::close);
            test.forEach(Features::close);
            results.put("knn", rows);
            results.complete();
        }
    }
}
