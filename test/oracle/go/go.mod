// Marks the folder. A program is built with the module file of the server whose code it calls:
// build.sh says which.
module scaffolding/oracle
