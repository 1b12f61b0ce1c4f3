package io.tributary.client;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "io.tributary.client",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule clientKnowsStoragesOnlyByTheirInterface = noClasses()
      .should()
      .dependOnClassesThat()
      .resideInAnyPackage(
          "io.tributary.server..",
          "io.tributary.storage.file..",
          "io.tributary.storage.postgres..",
          "io.tributary.storage.redis..");

  @ArchTest
  static final ArchRule eventLogsKnowNothingOfSync = noClasses()
      .that()
      .resideInAPackage("io.tributary.client.eventlog..")
      .should()
      .dependOnClassesThat()
      .resideInAnyPackage("io.tributary.client.sync..", "io.tributary.client");

  /** What decides does no I/O: the owner carries for it. */
  @ArchTest
  static final ArchRule theSyncMachineHasNoVertx = noClasses()
      .that()
      .haveSimpleNameStartingWith("RemoteSync")
      .or()
      .haveSimpleNameStartingWith("Uploads")
      .or()
      .haveSimpleNameStartingWith("Downloads")
      .should()
      .dependOnClassesThat()
      .resideInAnyPackage("io.vertx..", "java.net..", "java.nio.channels..");

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("io.tributary.client.(*)..").should().beFreeOfCycles();
}
