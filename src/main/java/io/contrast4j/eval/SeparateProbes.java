package io.contrast4j.eval;

import io.contrast4j.nn.Classifier;
import io.contrast4j.optim.Optimizer;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.KeptDraws;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Classifiers of any kind with any optimizer, one after the other. */
final class SeparateProbes implements ProbeGroup {
    private final Arena arena = new Arena();
    private final List<Member> members = new ArrayList<>();
    private final long classes;

    /** One of them. */
    private static final class Member {
        private final Classifier.Probe module;
        private final Optimizer optimizer;
        private boolean isDropped;

        Member(Classifier.Probe module, Optimizer optimizer) {
            this.module = module;
            this.optimizer = optimizer;
        }
    }

    /**
     * @param maker makes a module; all of them are equal
     * @param count R
     */
    SeparateProbes(Optimizer.Config rule, Supplier<Classifier.Probe> maker, int count, long classes) {
        this.classes = classes;
        for (int i = 0; i < count; i++) {
            Classifier.Probe module = arena.own(maker);
            try (Scope scope = Scope.open()) {
                members.add(new Member(
                        module, rule.build(StateDict.parameters(module).values())));
            }
        }
    }

    @Override
    public Step step(Tensor vectors, Tensor labels, double[] rates, long draws) {
        List<Tensor> all = new ArrayList<>();
        for (int i = 0; i < members.size(); i++) {
            Member member = members.get(i);
            if (member.isDropped) {
                all.add(nothing(vectors));
                continue;
            }
            try (KeptDraws kept = KeptDraws.open()) {
                torch.manual_seed(draws);
                member.module.train(true);
                Tensor logits = member.module.forward(vectors);
                member.optimizer.zeroGrad();
                torch.cross_entropy_loss(logits, labels).backward();
                member.optimizer.learningRate(rates[i]);
                member.optimizer.step();
                all.add(logits.detach());
            }
        }
        try (NoGrad noGrad = NoGrad.open()) {
            Tensor logits = together(all);
            return new Step(logits, Softmax.of(logits).losses(labels));
        }
    }

    @Override
    public Tensor logits(Tensor vectors) {
        try (NoGrad noGrad = NoGrad.open()) {
            List<Tensor> all = new ArrayList<>();
            for (Member member : members) {
                member.module.eval();
                all.add(member.isDropped ? nothing(vectors) : member.module.forward(vectors));
            }
            return together(all);
        }
    }

    private Tensor nothing(Tensor vectors) {
        return Tensors.to(Tensors.zeros(vectors.scalar_type().intern(), vectors.size(0), classes), vectors.device());
    }

    private static Tensor together(List<Tensor> all) {
        return torch.stack(new TensorVector(all.toArray(new Tensor[0])), 1);
    }

    @Override
    public Map<String, Tensor> classifier(int number) {
        return StateDict.of(members.get(number).module);
    }

    @Override
    public void drop(int number) {
        members.get(number).isDropped = true;
    }

    @Override
    public Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>();
        for (int i = 0; i < members.size(); i++) {
            Member member = members.get(i);
            Map<String, Object> own = new LinkedHashMap<>();
            own.put("classifier", StateDict.of(member.module));
            own.put("optimizer", member.optimizer.state());
            own.put("dropped", member.isDropped);
            state.put(Integer.toString(i), own);
        }
        return state;
    }

    @Override
    @SuppressWarnings("unchecked")
    public void restore(Map<String, ?> state, String source) {
        for (int i = 0; i < members.size(); i++) {
            Member member = members.get(i);
            if (!(state.get(Integer.toString(i)) instanceof Map<?, ?> own)
                    || !(own.get("classifier") instanceof Map<?, ?> tensors)
                    || !(own.get("optimizer") instanceof Map<?, ?> optimizer)
                    || !(own.get("dropped") instanceof Boolean isDropped)) {
                throw new UserError(UserError.FAILED, source + " is of another evaluation: it has other classifiers.");
            }
            StateDict.load(member.module, (Map<String, Tensor>) tensors, source);
            member.optimizer.restore((Map<String, ?>) optimizer, source);
            member.isDropped = isDropped;
        }
    }

    @Override
    public void close() {
        members.forEach(member -> member.optimizer.close());
        arena.close();
    }
}
