package io.contrast4j.cli;

import io.contrast4j.eval.Evaluation;
import io.contrast4j.nn.FineTunedNetwork;
import io.contrast4j.nn.Networks;
import java.util.Locale;
import java.util.Map;

/** Judges a network that is fine-tuned by its own classifier. */
final class ClassifierExam implements Exam {
    /** The accuracy of a network's own classifier, in a line of the log. */
    static final String CLASSIFIER = "classifier";

    private final Evaluation evaluation;
    private final Networks networks;
    private final int testPictures;

    /** @param testPictures how many there are */
    ClassifierExam(Evaluation evaluation, Networks networks, int testPictures) {
        this.evaluation = evaluation;
        this.networks = networks;
        this.testPictures = testPictures;
    }

    @Override
    public Map<String, Double> validated() {
        return Map.of(CLASSIFIER, accuracy());
    }

    @Override
    public Verdict verdict() {
        double accuracy = accuracy();
        return new Verdict(
                String.format(
                        Locale.ROOT,
                        "%ntop-1 accuracy of the classifier on %d test pictures: %.2f %%%n",
                        testPictures,
                        accuracy),
                Map.of("eval.trained." + CLASSIFIER, accuracy));
    }

    private double accuracy() {
        return evaluation.classified(networks.backbones(), FineTunedNetwork.LOGITS, Interrupt::inProgress);
    }
}
