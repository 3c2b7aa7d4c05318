package io.contrast4j;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructorCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The packages and what each may use: dependencies point downwards only. */
class ArchitectureTest {
    private static final String ROOT = "io.contrast4j.";

    /** Exactly what is used: a need that is new is added here, and one that has gone is taken out. */
    private static final Map<String, Set<String>> MAY_USE = new TreeMap<>(Map.ofEntries(
            Map.entry("spec", Set.of()),
            Map.entry("random", Set.of()),
            Map.entry("tensor", Set.of("spec")),
            Map.entry("config", Set.of("spec")),
            Map.entry("metrics", Set.of("spec")),
            Map.entry("flags", Set.of("config", "spec")),
            Map.entry("image", Set.of("spec", "tensor")),
            Map.entry("data", Set.of("checkpoint", "image", "random", "spec", "tensor")),
            Map.entry("prepare", Set.of("data", "image", "random", "spec", "tensor")),
            Map.entry("fit", Set.of("spec")),
            Map.entry("dist", Set.of("spec", "tensor")),
            Map.entry("nn", Set.of("dist", "spec", "tensor")),
            Map.entry("objective", Set.of("spec", "tensor")),
            Map.entry("negatives", Set.of("dist", "objective", "random", "spec", "tensor")),
            Map.entry("method", Set.of("data", "dist", "negatives", "nn", "objective", "spec", "tensor")),
            Map.entry("optim", Set.of("spec", "tensor")),
            Map.entry("checkpoint", Set.of("spec", "tensor")),
            Map.entry("eval", Set.of("data", "dist", "image", "nn", "optim", "random", "spec", "tensor")),
            Map.entry(
                    "train",
                    Set.of(
                            "checkpoint",
                            "data",
                            "dist",
                            "method",
                            "negatives",
                            "objective",
                            "optim",
                            "random",
                            "spec",
                            "tensor")),
            Map.entry("report", Set.of("spec")),
            Map.entry("model", Set.of("checkpoint", "config", "data", "image", "nn", "random", "spec", "tensor")),
            Map.entry("embed", Set.of("checkpoint", "data", "image", "model", "random", "spec", "tensor")),
            Map.entry(
                    "cli",
                    Set.of(
                            "checkpoint",
                            "config",
                            "data",
                            "dist",
                            "embed",
                            "eval",
                            "fit",
                            "flags",
                            "image",
                            "method",
                            "metrics",
                            "model",
                            "negatives",
                            "nn",
                            "objective",
                            "optim",
                            "prepare",
                            "random",
                            "report",
                            "spec",
                            "tensor",
                            "train"))));

    private static JavaClasses classes;

    @BeforeAll
    static void read() {
        classes = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.contrast4j");
    }

    private static String packageOf(JavaClass type) {
        return type.getPackageName().startsWith(ROOT) ? type.getPackageName().substring(ROOT.length()) : "";
    }

    @Test
    void packagesUseWhatTheTableSaysAndNothingElse() {
        Map<String, Set<String>> used = new TreeMap<>();
        for (JavaClass type : classes) {
            Set<String> of = used.computeIfAbsent(packageOf(type), name -> new TreeSet<>());
            type.getDirectDependenciesFromSelf().stream()
                    .map(dependency -> packageOf(dependency.getTargetClass().getBaseComponentType()))
                    .filter(target -> !target.isEmpty() && !target.equals(packageOf(type)))
                    .forEach(of::add);
        }
        assertThat(used).isEqualTo(MAY_USE);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching(ROOT + "(*)..").should().beFreeOfCycles().check(classes);
    }

    @Test
    void onlyTheTensorPackageHandlesScopes() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + "tensor")
                .should()
                .dependOnClassesThat()
                .areAssignableTo(PointerScope.class)
                .orShould()
                .dependOnClassesThat()
                .haveSimpleNameEndingWith("GradMode")
                .orShould()
                .dependOnClassesThat()
                .haveSimpleName("NoGradGuard")
                .check(classes);
    }

    /**
     * Every JavaCPP class can be made from any pointer, by a cast. Where the wanted constructor does not exist, the
     * compiler silently takes that one, and memory of another type is read. Arrays of numbers are cast on purpose.
     */
    @Test
    void nativeObjectsAreNotMadeByCasts() {
        noClasses()
                .should()
                .callConstructorWhere(DescribedPredicate.describe(
                        "they cast a pointer to an object of LibTorch or OpenCV",
                        (JavaConstructorCall call) -> call.getTargetOwner()
                                        .getPackageName()
                                        .matches("org\\.bytedeco\\.(pytorch|opencv)\\b.*")
                                && call.getTarget().getRawParameterTypes().size() == 1
                                && call.getTarget()
                                        .getRawParameterTypes()
                                        .get(0)
                                        .isEquivalentTo(Pointer.class)))
                .check(classes);
    }

    @Test
    void onlyTheCommandLineEndsTheProcess() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + "cli")
                .should()
                .callMethod(System.class, "exit", int.class)
                .orShould()
                .callMethod(Runtime.class, "exit", int.class)
                .orShould()
                .callMethod(Runtime.class, "halt", int.class)
                .check(classes);
    }

    @Test
    void onlyTheCommandLinePrints() {
        noClasses()
                .that()
                .resideOutsideOfPackages(ROOT + "cli", ROOT + "metrics")
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .check(classes);
    }

    @Test
    void everyPackageIsNullMarkedAndDocumented() throws ClassNotFoundException {
        for (String name : MAY_USE.keySet()) {
            assertThat(Class.forName(ROOT + name + ".package-info").isAnnotationPresent(NullMarked.class))
                    .as("package-info of %s", name)
                    .isTrue();
        }
    }

    @Test
    void interfacesAreSmall() {
        for (JavaClass type : classes) {
            if (type.isInterface() && !type.isAnnotation()) {
                assertThat(type.getMethods().stream()
                                .filter(method -> !method.getModifiers().contains(JavaModifier.SYNTHETIC)
                                        && !method.getModifiers().contains(JavaModifier.STATIC)))
                        .as(type.getName())
                        .hasSizeLessThanOrEqualTo(5);
            }
        }
    }

    @Test
    void randomnessComesFromCounters() {
        noClasses()
                .that()
                .resideInAPackage("io.contrast4j..")
                .should()
                .dependOnClassesThat()
                .areAssignableTo(java.util.Random.class)
                .orShould()
                .callMethod(Math.class, "random")
                .check(classes);
    }
}
