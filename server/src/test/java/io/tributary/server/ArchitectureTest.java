package io.tributary.server;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows between modules, seen from the one that has them all. */
@AnalyzeClasses(packages = "io.tributary", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule arrowsBetweenModules = layeredArchitecture()
      .consideringOnlyDependenciesInAnyPackage("io.tributary..")
      .layer("core")
      .definedBy("io.tributary.core..")
      .layer("storage-spi")
      .definedBy("io.tributary.storage", "io.tributary.storage.memory..")
      .layer("storage-file")
      .definedBy("io.tributary.storage.file..")
      .layer("storage-postgres")
      .definedBy("io.tributary.storage.postgres..")
      .layer("storage-redis")
      .definedBy("io.tributary.storage.redis..")
      .layer("client")
      .definedBy("io.tributary.client..")
      .layer("server")
      .definedBy("io.tributary.server..")
      .whereLayer("server")
      .mayNotBeAccessedByAnyLayer()
      .whereLayer("client")
      .mayOnlyBeAccessedByLayers("server")
      .whereLayer("storage-file")
      .mayOnlyBeAccessedByLayers("server")
      .whereLayer("storage-postgres")
      .mayNotBeAccessedByAnyLayer()
      .whereLayer("storage-redis")
      .mayNotBeAccessedByAnyLayer()
      .whereLayer("storage-spi")
      .mayOnlyBeAccessedByLayers(
          "storage-file", "storage-postgres", "storage-redis", "client", "server")
      .whereLayer("core")
      .mayOnlyBeAccessedByLayers(
          "storage-spi", "storage-file", "storage-postgres", "storage-redis", "client", "server");

  @ArchTest
  static final ArchRule serverPackagesHaveNoCycles =
      slices().matching("io.tributary.server.(*)..").should().beFreeOfCycles();
}
