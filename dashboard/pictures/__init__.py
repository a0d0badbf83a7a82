"""Pictures that pages show: uploads, samples and labelled ones, and their routes."""
