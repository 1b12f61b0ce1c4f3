package io.tributary.server.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Modules in real jars. */
class HubModulesTest {
  @TempDir
  Path temporary;

  private Path directory;

  @BeforeEach
  void make() throws IOException {
    directory = Files.createDirectory(temporary.resolve("plugins"));
    chmod(directory, "rwxr-xr-x");
  }

  private static void chmod(Path path, String permissions) throws IOException {
    Path unused = Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }

  @CanIgnoreReturnValue
  private Path jar(String name, String tag, String register, String more) throws IOException {
    Path jar = PluginJar.build(
        directory.resolve(name + ".jar"), name, PluginJar.source(name, tag, register, more), true);
    chmod(jar, "rw-r--r--");
    return jar;
  }

  private HubModules load() {
    return HubModules.load(Optional.of(directory));
  }

  private void refused(String... parts) {
    assertThatThrownBy(this::load)
        .isInstanceOf(HubModuleException.class)
        .hasMessageContainingAll(parts);
  }

  @Test
  void whatModulesBringComesTogether() throws IOException {
    jar(
        "b",
        "Billed",
        "builder.auth(\"of-b\", HubAuths.TENANT);"
            + " builder.handle(EVENT, (payload, entry, conflicts) -> Future.succeededFuture(1));",
        "");
    jar("a", "Added", "builder.invalidates(\"Added\", java.util.List.of(\"todos\"));", "");
    try (HubModules modules = load()) {
      assertThat(modules.extensions().groups().groups())
          .extracting(group -> group.name())
          .containsExactly("a", "b");
      assertThat(modules.extensions().groups().find("Billed").orElseThrow().handler())
          .isPresent();
      assertThat(modules.extensions().auths()).containsOnlyKeys("of-b");
    }
  }

  @Test
  void withoutADirectoryThereIsTheClassPath() {
    try (HubModules modules = HubModules.load(Optional.empty())) {
      assertThat(modules.extensions().groups().groups()).isEmpty();
    }
  }

  @Test
  void whatOthersMayWriteIsRefused() throws IOException {
    Path jar = jar("a", "Added", "", "");
    chmod(jar, "rw-rw-r--");
    refused(jar.toString(), "may be written by others", "chmod go-w " + jar);
    chmod(jar, "rw-r---w-");
    refused(jar.toString(), "chmod go-w");
    chmod(jar, "rw-r--r--");
    chmod(directory, "rwxrwxr-x");
    refused(directory.toString(), "chmod go-w " + directory);
    chmod(directory, "rwxr-xr-x");
    load().close();
    Files.move(jar, temporary.resolve("a.jar"));
    Path unused = Files.createSymbolicLink(jar, temporary.resolve("a.jar"));
    refused(jar.toString(), "link");
  }

  @Test
  void whatHoldsNoModuleIsRefused() throws IOException {
    refused("no .jar in " + directory);
    Path jar = PluginJar.build(
        directory.resolve("a.jar"), "a", PluginJar.source("a", "Added", "", ""), false);
    chmod(jar, "rw-r--r--");
    refused(jar.toString(), "holds no module", "META-INF/services/");
    Files.writeString(jar, "no jar");
    refused(jar.toString(), "can't be read as a jar");
    Files.delete(jar);
    Files.delete(directory);
    refused(directory.toString(), "is no directory");
  }

  @Test
  void aModuleThatThrowsIsNamed() throws IOException {
    Path jar = jar("a", "Added", "throw new IllegalStateException(\"no licence\");", "");
    refused("the module a of " + jar, "can't be registered", "no licence");
    jar("a", "Added", "", "public Module() { throw new IllegalStateException(\"no luck\"); }");
    refused(jar.toString(), "acme.a.Module can't be loaded");
  }

  @Test
  void modulesThatContradictEachOtherAreNamed() throws IOException {
    jar("a", "Added", "", "");
    Path second = jar("b", "Added", "", "");
    refused(
        "the module b of " + second,
        "event Added is defined by event group a and by event group b");
    Files.delete(second);
    Path other = jar("c", "Changed", "builder.auth(HubAuths.TENANT);", "");
    refused("the module c of " + other, "auth(NAME");
  }
}
