package io.tributary.core;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.net.URI;
import java.net.URISyntaxException;

@AnalyzeClasses(
    packages = "io.tributary.core",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final DescribedPredicate<JavaClass> VERTX_BEYOND_VALUES =
      DescribedPredicate.describe(
          "Vert.x beyond futures, buffers and JSON",
          c -> c.getPackageName().startsWith("io.vertx")
              && !c.isEquivalentTo(Future.class)
              && !c.isEquivalentTo(Promise.class)
              && !c.getPackageName().equals("io.vertx.core.buffer")
              && !c.getPackageName().equals("io.vertx.core.json"));

  @ArchTest
  static final ArchRule coreHasNoVertxRuntime =
      noClasses().should().dependOnClassesThat(VERTX_BEYOND_VALUES);

  @ArchTest
  static final ArchRule coreHasNoSocketsOrDatabases = noClasses()
      .should()
      .dependOnClassesThat(
          resideInAnyPackage("java.net..", "java.sql..", "java.nio.channels..", "io.netty..")
              // text, not a connection
              .and(not(assignableTo(URI.class)))
              .and(not(assignableTo(URISyntaxException.class))));

  @ArchTest
  static final ArchRule coreStandsOnNoOtherModule = noClasses()
      .should()
      .dependOnClassesThat()
      .resideInAnyPackage(
          "io.tributary.storage..", "io.tributary.client..", "io.tributary.server..");

  @ArchTest
  static final ArchRule foundationsKnowNothingOfSessions = noClasses()
      .that()
      .resideInAnyPackage(
          "io.tributary.core.model..",
          "io.tributary.core.log..",
          "io.tributary.core.wire..",
          "io.tributary.core.crypto..")
      .should()
      .dependOnClassesThat()
      .resideInAnyPackage("io.tributary.core.session..", "io.tributary.core.hub..");

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("io.tributary.core.(**)").should().beFreeOfCycles();
}
