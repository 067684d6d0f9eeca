import java.lang.management.ManagementFactory;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.util.Arrays;

/**
 * Runs the main class of Elasticsearch 1 on a JVM of version 11.
 *
 * While it starts, the server asks the runtime bean of the JVM for the boot class path. Since Java 9 there is none and
 * the bean throws, which ends the server. The platform makes the bean once and keeps it in a static field; here another
 * one is put there before the server asks. It is sun.management.PatientRuntime, brought into the module of the bean by
 * --patch-module.
 *
 * First argument: the main class. The others are its own.
 */
public final class Launcher {
    private Launcher() {
    }

    public static void main(String[] arguments) throws Exception {
        putPatientBean();
        Class<?> server = Class.forName(arguments[0]);
        Object rest = Arrays.copyOfRange(arguments, 1, arguments.length);
        server.getMethod("main", String[].class).invoke(null, rest);
    }

    private static void putPatientBean() throws Exception {
        Object usual = ManagementFactory.getRuntimeMXBean();
        Object machine = opened(usual.getClass(), "jvm").get(usual);
        Class<?> machineType = Class.forName("sun.management.VMManagement");
        Constructor<?> make = Class.forName("sun.management.PatientRuntime").getConstructor(machineType);
        Class<?> holder = Class.forName("sun.management.ManagementFactoryHelper");
        opened(holder, "runtimeMBean").set(null, make.newInstance(machine));
    }

    private static Field opened(Class<?> type, String name) throws Exception {
        Field field = type.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }
}
