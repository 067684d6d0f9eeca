package sun.management;

/** The runtime bean of the platform, but a question for the boot class path has an answer: it is empty. */
public final class PatientRuntime extends RuntimeImpl {
    /** Made by Launcher, which is why it is public. */
    public PatientRuntime(VMManagement machine) {
        super(machine);
    }

    @Override
    public String getBootClassPath() {
        return "";
    }
}
