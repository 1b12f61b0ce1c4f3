package io.tributary.server.runtime;

import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/** A plugin's jar, compiled from source as its author would. */
public final class PluginJar {
  private PluginJar() {}

  /**
   * A module in a package of its own.
   *
   * @param tag of its one event, whose handler tells stdout
   * @param more further members of the class
   */
  public static String source(String name, String tag, String register, String more) {
    return """
        package acme.%1$s;

        import io.tributary.core.eventlog.*;
        import io.tributary.server.runtime.*;
        import io.vertx.core.Future;
        import io.vertx.core.json.JsonObject;

        public final class Module implements HubModule {
          static final EventDefinition<JsonObject> EVENT =
              EventDefinition.of("%2$s", PayloadCodec.json(), payload -> payload.getString("id"));

          @Override
          public String name() {
            return "%1$s";
          }

          @Override
          public void register(HubExtensions.Builder builder) {
            builder.group(EventGroup.named("%1$s").event(EVENT).build());
            %3$s
          }
          %4$s
        }
        """.formatted(name, tag, register, more);
  }

  /** Compiles it into a jar that names it as a service. */
  public static Path build(Path jar, String name, String source, boolean service)
      throws IOException {
    Path work = Files.createTempDirectory("plugin");
    Path file = Files.createDirectories(work.resolve("acme/" + name)).resolve("Module.java");
    Files.writeString(file, source);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter said = new StringWriter();
    boolean fine = compiler
        .getTask(
            said,
            null,
            null,
            List.of("-proc:none", "-classpath", System.getProperty("java.class.path")),
            null,
            compiler.getStandardFileManager(null, null, null).getJavaFileObjects(file))
        .call();
    if (!fine) {
      throw new AssertionError(said.toString());
    }
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(out);
        Stream<Path> classes = Files.walk(work)) {
      for (Path compiled : classes.filter(p -> p.toString().endsWith(".class")).toList()) {
        entries.putNextEntry(new JarEntry(work.relativize(compiled).toString()));
        Files.copy(compiled, entries);
      }
      if (service) {
        entries.putNextEntry(new JarEntry("META-INF/services/" + HubModule.class.getName()));
        entries.write(("acme." + name + ".Module\n").getBytes(StandardCharsets.UTF_8));
      }
    }
    return jar;
  }
}
